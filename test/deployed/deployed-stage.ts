import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  DescribeExecutionCommand,
  paginateListExecutions,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DueListSample } from "../../infra/local/samples/due-list-sample.ts";
import { ledgerOn } from "../../lambdas/adapters/ledger.ts";
import { claim as claimShape } from "../../lambdas/adapters/ledger-schema.ts";
import { dynamodbTable } from "../../lambdas/adapters/table.ts";
import type { Claim } from "../../lambdas/domain/records.ts";
import type { Ledger } from "../../lambdas/ports.ts";
import type { Deployed } from "./deployment.ts";

export interface StartEvent {
  readonly stream: string;
  readonly scheduledTime: string;
}

export interface Execution {
  readonly name: string;
  readonly status: string;
  readonly output: string | undefined;
}

export interface StoredObject {
  readonly key: string;
  readonly version: string;
  readonly bytes: Buffer;
}

/** How long an execution may take, in seconds; a thousand rows take well under a minute anywhere. */
const PATIENCE = 600;

/** A deployed stage, used as the billing system, the scheduler and the bank use it: through AWS's own interfaces. */
export class DeployedStage {
  readonly ledger: Ledger;
  readonly #deployed: Deployed;
  readonly #s3 = new S3Client({});
  readonly #lambda = new LambdaClient({});
  readonly #sfn = new SFNClient({});
  readonly #dynamodb = new DynamoDBClient({});

  constructor(deployed: Deployed) {
    this.#deployed = deployed;
    this.ledger = ledgerOn(dynamodbTable(deployed.ledgerTable, {}));
  }

  /** The keys in the due bucket under a prefix. */
  async dueKeys(Prefix: string): Promise<string[]> {
    const found: string[] = [];
    const pages = paginateListObjectsV2({ client: this.#s3 }, { Bucket: this.#deployed.dueBucket, Prefix });
    for await (const { Contents = [] } of pages) found.push(...Contents.map(({ Key }) => String(Key)));
    return found;
  }

  /** Leaves a list as the billing system does: the rows, then the manifest that makes them one. */
  async putDueList(prefix: string, sample: DueListSample): Promise<void> {
    const csv = Buffer.from(sample.records.join(""));
    const manifest = {
      count: sample.count,
      totalCents: sample.totalCents,
      sha256: createHash("sha256").update(csv).digest("hex"),
      producedAt: new Date().toISOString(),
    };
    const Bucket = this.#deployed.dueBucket;
    await this.#s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}due.csv`, Body: csv }));
    const Body = JSON.stringify(manifest);
    await this.#s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}manifest.json`, Body }));
  }

  /** Delivers a schedule's event to the starter, and returns its answer. */
  async start(event: StartEvent): Promise<{ readonly outcome: string; readonly batchId: string }> {
    const answer = await this.#lambda.send(
      new InvokeCommand({
        FunctionName: this.#deployed.startBatch,
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString("utf8");
    if (answer.FunctionError !== undefined) throw new Error(`StartBatch: ${answer.FunctionError}: ${text}`);
    return JSON.parse(text) as { outcome: string; batchId: string };
  }

  /** Starts another execution for the same input under a name of its own, as a continuation does. */
  async startAgain(name: string, input: string): Promise<void> {
    await this.#sfn.send(
      new StartExecutionCommand({ stateMachineArn: this.#deployed.stateMachine, name, input }),
    );
  }

  #executionArn(name: string): string {
    return `${this.#deployed.stateMachine.replace(":stateMachine:", ":execution:")}:${name}`;
  }

  async execution(name: string): Promise<Execution & { readonly input: string }> {
    const executionArn = this.#executionArn(name);
    const found = await this.#sfn.send(new DescribeExecutionCommand({ executionArn }));
    const { status, output, input, error, cause } = found;
    const failure = error === undefined ? "" : ` (${error}: ${cause})`;
    return { name, status: `${status}${failure}`, output, input: String(input) };
  }

  /** Waits for the end of an execution. */
  async ended(name: string): Promise<Execution & { readonly input: string }> {
    const last = Date.now() + PATIENCE * 1000;
    for (;;) {
      const found = await this.execution(name);
      if (found.status !== "RUNNING") return found;
      if (Date.now() > last) throw new Error(`execution ${name} still runs after ${PATIENCE} s`);
      await sleep(500);
    }
  }

  /** The names of the executions that begin with the batch's id. */
  async executionsOf(batchId: string): Promise<string[]> {
    const { stateMachine: stateMachineArn } = this.#deployed;
    const found: string[] = [];
    for await (const { executions = [] } of paginateListExecutions(
      { client: this.#sfn },
      { stateMachineArn },
    )) {
      found.push(...executions.map(({ name }) => String(name)).filter((name) => name.startsWith(batchId)));
    }
    return found.sort();
  }

  /** Every version of everything that the bank could pick up under a prefix. */
  async outbound(Prefix: string): Promise<StoredObject[]> {
    const Bucket = this.#deployed.outboundBucket;
    const found: StoredObject[] = [];
    let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (from) {
      const page: ListObjectVersionsCommandOutput = await this.#s3.send(
        new ListObjectVersionsCommand({ Bucket, Prefix, ...from }),
      );
      if ((page.DeleteMarkers ?? []).length > 0) throw new Error(`something was deleted under ${Prefix}`);
      for (const { Key, VersionId } of page.Versions ?? []) {
        const object = await this.#s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
        const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
        found.push({ key: String(Key), version: String(VersionId), bytes });
      }
      const { IsTruncated, NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
      from = IsTruncated
        ? { ...(KeyMarker && { KeyMarker }), ...(VersionIdMarker && { VersionIdMarker }) }
        : undefined;
    }
    return found;
  }

  /** Every claim of a batch, wherever it lies in the ledger. */
  async claimsOf(batchId: string): Promise<Claim[]> {
    const pages = paginateScan(
      { client: this.#dynamodb },
      {
        TableName: this.#deployed.ledgerTable,
        ConsistentRead: true,
        FilterExpression: "begins_with(pk, :mandate) AND begins_with(sk, :debit) AND batchId = :batch",
        ExpressionAttributeValues: {
          ":mandate": { S: "MANDATE#" },
          ":debit": { S: "DEBIT#" },
          ":batch": { S: batchId },
        },
      },
    );
    const found: Claim[] = [];
    for await (const { Items = [] } of pages) {
      for (const item of Items) {
        const { pk: _pk, sk: _sk, schema: _schema, ...rest } = unmarshall(item);
        found.push(claimShape.parse(rest));
      }
    }
    return found;
  }
}
