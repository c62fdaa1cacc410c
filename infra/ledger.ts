import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { AnyPrincipal, type Conditions, Effect, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { exceptRoles, type Grant, granting, type Permission } from "./grant.ts";
import type { Stage } from "./stage.ts";

/** What the items of the ledger are about; the first part of each partition key. */
export type Subject = "STREAM" | "BATCH" | "MANDATE" | "SUBMISSION" | "DEPLOY";

/** The items that a Lambda uses, by the call that its ports make on them; never a scan, an update or a delete. */
export interface LedgerUse {
  /** One item by its whole key. */
  readonly get?: readonly Subject[];
  /** A part of one partition. */
  readonly query?: readonly Subject[];
  /** Up to a hundred items by their whole keys. */
  readonly getMany?: readonly Subject[];
  /** Decisions: one conditional put of one item each. */
  readonly put?: readonly Subject[];
}

const ACTIONS: Record<keyof LedgerUse, string> = {
  get: "dynamodb:GetItem",
  query: "dynamodb:Query",
  getMany: "dynamodb:BatchGetItem",
  put: "dynamodb:PutItem",
};

/**
 * The table that decides everything. Nothing in it has a time to live, and nobody is granted more than to read
 * and to put: an update or a delete could take a claim back, and a ledger that forgets is a licence to debit twice.
 */
export class Ledger extends Construct {
  readonly #table: TableV2;

  /** @param writers how the names begin of the roles that, and nobody else, may put items */
  constructor(scope: Construct, id: string, stage: Stage, writers: readonly string[]) {
    super(scope, id);
    this.#table = new TableV2(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: stage === "prod",
      removalPolicy: stage === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      resourcePolicy: new PolicyDocument({ statements: [neverTakenBack(), writtenOnlyBy(writers)] }),
    });
  }

  /** Leave for exactly these calls on items about exactly these subjects. */
  may(use: LedgerUse): Grant {
    const { tableName, tableArn } = this.#table;
    const calls = Object.entries(use) as [keyof LedgerUse, readonly Subject[]][];
    return granting(
      { LEDGER_TABLE: tableName },
      calls.map(([call, subjects]) => about(subjects, { actions: [ACTIONS[call]], on: [tableArn] })),
    );
  }
}

/**
 * Whatever a policy allows: no item is changed, deleted, or left to a time to live. A put could still replace one: its
 * condition, which only the functions' own code sends, is nothing that a policy can see.
 */
function neverTakenBack(): PolicyStatement {
  return denying("NeverTakenBack", [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:UpdateItem",
    "dynamodb:UpdateTimeToLive",
  ]);
}

/** People invoke functions, they never write the table. */
function writtenOnlyBy(writers: readonly string[]): PolicyStatement {
  return denying("PutByFunctionsOnly", ["dynamodb:PutItem"], exceptRoles(...writers));
}

function denying(sid: string, actions: string[], conditions?: Conditions): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    // The policy belongs to the table, and cannot name it before it is there.
    resources: ["*"],
    ...(conditions && { conditions }),
  });
}

/**
 * A permission on items about these subjects alone. "For all values" also holds where there are none, such as in
 * a call that names no key, so that there is one must be asked beside it.
 */
function about(subjects: readonly Subject[], permission: Permission): Permission {
  return {
    ...permission,
    if: {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": subjects.map((subject) => `${subject}#*`) },
      Null: { "dynamodb:LeadingKeys": "false" },
    },
  };
}
