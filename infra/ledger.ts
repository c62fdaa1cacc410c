import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { type Grant, granting } from "./grant.ts";
import type { Stage } from "./stage.ts";

/**
 * The table that decides everything. Nothing in it has a time to live, and nobody is granted more than to read
 * and to put: an update or a delete could take a claim back, and a ledger that forgets is a licence to debit twice.
 */
export class Ledger extends Construct {
  /** Consistent reads by key; never a scan, which would read every mandate there is. */
  readonly read: Grant;
  /** Reads, and decisions: each is one conditional put of one item. */
  readonly decide: Grant;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    const table = new TableV2(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: stage === "prod",
      // Also in dev: what the bank's test service has taken stays known as long as the table is not made anew.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const reads = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"];
    const variable = { LEDGER_TABLE: table.tableName };
    this.read = granting(variable, [{ actions: reads, on: table.tableArn }]);
    this.decide = granting(variable, [{ actions: [...reads, "dynamodb:PutItem"], on: table.tableArn }]);
  }
}
