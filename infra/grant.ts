import { Aws } from "aws-cdk-lib";
import { type Conditions, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as Lambda } from "aws-cdk-lib/aws-lambda";

/** A capability that can be given to a Lambda: the permission, and the variable by which its code finds the thing. */
export type Grant = (lambda: Lambda) => void;

export interface Permission {
  readonly actions: readonly string[];
  /** The ARNs that they are allowed on. */
  readonly on: readonly string[];
  readonly if?: Conditions;
}

/** Permission and variable, given together: a Lambda has both or neither. */
export function granting(
  variables: Readonly<Record<string, string>>,
  permissions: readonly Permission[],
): Grant {
  return (lambda) => {
    for (const [name, value] of Object.entries(variables)) lambda.addEnvironment(name, value);
    for (const permission of permissions) lambda.addToRolePolicy(allowing(permission));
  };
}

/** The permission as a policy states it. */
export function allowing({ actions, on, if: conditions }: Permission): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: [...on],
    ...(conditions && { conditions }),
  });
}

/**
 * Whoever is none of these roles, as the condition of a denial. Roles are known by how their names begin, with their
 * stack's and then their own in it: a reference to them would go round in a circle, since they name what is denied.
 * @param beginnings such as `DebitOnce-dev-Billing-`, which all roles of that stack have
 */
export function exceptRoles(...beginnings: readonly string[]): Conditions {
  const arns = beginnings.map((name) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${name}*`);
  return { ArnNotLike: { "aws:PrincipalArn": arns.length === 1 ? arns[0] : arns } };
}
