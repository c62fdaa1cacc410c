import { sessionArn } from "../../lambdas/domain/person.ts";
import type { LocalApp } from "../local/local-app.ts";
import { contentOf } from "./function-url.ts";
import type { Functions } from "./on-aws.ts";

/** The variable that names the role in which each function hears people. */
const ROLES: Readonly<Record<string, string>> = {
  Propose: "PROPOSER_ROLE_ARN",
  Approve: "APPROVER_ROLE_ARN",
};

/**
 * The functions of the app on this machine. Nobody verifies anything here: whoever `as` names is who acts, in the
 * role that the function asks for, by the very event that its URL would make of the request.
 */
export function onLocal(app: Pick<LocalApp, "invoke" | "names">, as: string): Functions {
  return {
    invoke: (functionName, event) => app.invoke(functionName, event),
    caller: async () => as,
    decide: async (functionName, body) => {
      const userArn = sessionArn(app.names[ROLES[functionName] ?? ""] ?? "", as);
      const answer = await app.invoke(functionName, {
        version: "2.0",
        requestContext: { authorizer: { iam: { userArn } } },
        body: JSON.stringify(body),
        isBase64Encoded: false,
      });
      return contentOf(answer as Parameters<typeof contentOf>[0]);
    },
  };
}
