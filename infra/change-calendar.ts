import { CfnResource, Stack } from "aws-cdk-lib";
import { Construct } from "constructs";
import { changeCalendar } from "./config/change-calendar.ts";
import { type Grant, granting } from "./grant.ts";
import type { Stage } from "./stage.ts";

/** The change calendar of a stage: when it takes no deployments. Its text is configuration, and checked. */
export class ChangeCalendar extends Construct {
  readonly calendarName: string;
  /** Asking what it says of an instant. */
  readonly ask: Grant;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    // Not by CDK's class for documents, which takes objects as content alone.
    const document = new CfnResource(this, "Document", {
      type: "AWS::SSM::Document",
      properties: {
        Content: changeCalendar(stage).text,
        DocumentFormat: "TEXT",
        DocumentType: "ChangeCalendar",
        // A change of the text is a new version of the same calendar; the default is another calendar.
        UpdateMethod: "NewVersion",
      },
    });
    // This rule of cfn-lint takes every document for JSON or YAML.
    document.addMetadata("cfn-lint", { config: { ignore_checks: ["E3051"] } });
    this.calendarName = document.ref;
    const arn = Stack.of(this).formatArn({
      service: "ssm",
      resource: "document",
      resourceName: this.calendarName,
    });
    this.ask = granting({ CHANGE_CALENDAR: this.calendarName }, [
      { actions: ["ssm:GetCalendarState"], on: [arn] },
    ]);
  }
}
