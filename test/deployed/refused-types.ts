import type { TakeOut } from "./take-out.ts";

/**
 * What MiniStack 1.5.33 refuses of this app. Every run shows each refusal again before anything is taken out, and an
 * entry that is no longer refused, or that the app has no resource of, fails it. On a real account nothing is taken
 * out.
 */
export const REFUSED_BY_MINISTACK: readonly TakeOut[] = [
  {
    type: "AWS::SSM::Document",
    probe: { DocumentType: "ChangeCalendar", DocumentFormat: "TEXT", Content: "BEGIN:VCALENDAR" },
    // Whoever asks for the calendar asks by a name that nothing has, and must be told so.
    instead: { words: "a name that nothing has", of: () => "debit-once-no-calendar-here" },
  },
  {
    type: "AWS::CloudFormation::LambdaHook",
    probe: {
      Alias: "Debit::Once::Probe",
      ExecutionRole: "arn:aws:iam::000000000000:role/probe",
      FailureMode: "WARN",
      HookStatus: "ENABLED",
      LambdaFunction: "arn:aws:lambda:ap-southeast-2:000000000000:function:probe",
      TargetOperations: ["STACK"],
    },
  },
  {
    type: "AWS::StepFunctions::StateMachineVersion",
    probe: { StateMachineArn: "arn:aws:states:ap-southeast-2:000000000000:stateMachine:probe" },
    instead: { words: "its state machine", of: ({ StateMachineArn }) => StateMachineArn },
  },
  {
    type: "AWS::StepFunctions::StateMachineAlias",
    probe: { Name: "probe" },
    instead: {
      words: "the state machine of its version",
      of: ({ RoutingConfiguration, DeploymentPreference }) => {
        const [route] = Array.isArray(RoutingConfiguration) ? RoutingConfiguration : [DeploymentPreference];
        return (route as { readonly StateMachineVersionArn?: string } | undefined)?.StateMachineVersionArn;
      },
    },
  },
];
