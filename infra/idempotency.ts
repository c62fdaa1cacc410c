import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { type Grant, granting } from "./grant.ts";
import type { Stage } from "./stage.ts";

/**
 * What Powertools remembers of starts already made, to answer a repeated event with the same result. It forgets
 * by design (a time to live, a delete after an error), so no debit may ever depend on it.
 */
export class Idempotency extends Construct {
  readonly use: Grant;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    const table = new TableV2(this, "Table", {
      partitionKey: { name: "id", type: AttributeType.STRING },
      timeToLiveAttribute: "expiration",
      billing: Billing.onDemand(),
      // Nothing is lost with it, but a reviewer need not take our word for that.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: stage === "prod",
      removalPolicy: stage === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
    this.use = granting({ IDEMPOTENCY_TABLE: table.tableName }, [{ actions, on: [table.tableArn] }]);
  }
}
