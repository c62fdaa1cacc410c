import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { lambda } from "../../../../lambdas/adapters/lambda.ts";

/** Writes one item and one object where there is none, and tells what it was given by its surroundings. */
export const handler = lambda({
  name: "Step",
  event: z.strictObject({ id: z.string(), fail: z.boolean().optional() }),
  ports: (runtime) => ({
    ...runtime,
    made: runtime.nonce(),
    log: { decision: (line) => runtime.write(JSON.stringify(line)) },
    metrics: { count: () => {} },
    db: new DynamoDBClient(runtime.dynamodb),
    buckets: new S3Client(runtime.s3),
  }),
  step: async ({ id, fail }, { env, clock, write, made, db, buckets }, context) => {
    write(JSON.stringify({ id, at: clock.now() }));
    if (fail) throw Object.assign(new Error(`${id} is not to be`), { name: "NotToBe" });
    const item = { TableName: env["LEDGER_TABLE"], Item: { pk: { S: id }, by: { S: context.functionName } } };
    await db.send(new PutItemCommand({ ...item, ConditionExpression: "attribute_not_exists(pk)" }));
    const object = { Bucket: env["DUE_BUCKET"], Key: id, Body: Buffer.from(id), IfNoneMatch: "*" };
    await buckets.send(new PutObjectCommand(object));
    const key = { TableName: env["LEDGER_TABLE"], Key: { pk: { S: id } }, ConsistentRead: true };
    const { Item } = await db.send(new GetItemCommand(key));
    return {
      by: Item?.["by"]?.S,
      made,
      now: new Date(clock.now()),
      name: env["AWS_LAMBDA_FUNCTION_NAME"],
      inTime: context.getRemainingTimeInMillis() > 50_000 && context.getRemainingTimeInMillis() <= 60_000,
    };
  },
});
