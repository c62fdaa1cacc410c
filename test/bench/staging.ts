import { createHash } from "node:crypto";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { decodeSegment, type PlannedSegment } from "../../lambdas/domain/plan.ts";
import { type Plan, SCHEMA } from "../../lambdas/domain/records.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import type { StepPorts } from "../../lambdas/adapters/ports.ts";
import type { Effort, Figure } from "./figure.ts";
import {
  BATCH,
  centsOf,
  CONFIGURATION,
  dueDateOf,
  fieldsOf,
  isBad,
  mandateOf,
  PREFIX,
  stoppedClock,
  STREAM,
} from "./made-batch.ts";
import { acquired, layList } from "./prepared-batch.ts";
import { median, medianRatio, rounds } from "./rounds.ts";

const SIZES = { tiny: [20, 1], quick: [1000, 3], full: [1000, 9] } as const;
/** As many as StageSegment has under way. */
const CLAIMS_IN_FLIGHT = 32;

/** StageSegment against a loop that makes the same calls, segment by segment of one list on one store. */
export async function benchStaging({ size, tell }: Effort): Promise<Figure[]> {
  const [segmentRows, times] = SIZES[size];
  const stores = await embeddedStores();
  try {
    let nonces = 0;
    const ports: StepPorts = {
      configuration: { ...CONFIGURATION, streams: { [STREAM.name]: { ...STREAM, segmentRows } } },
      ledger: stores.ledger,
      objects: stores.objects,
      clock: stoppedClock(),
      nonce: () => `nonce-${(nonces += 1)}`,
      log: { decision: () => {} },
      metrics: { count: () => {} },
    };
    await layList((times + 1) * 2 * segmentRows, ports);
    const fence = await acquired(ports);
    await planBatch({ batchId: BATCH, fence }, ports);
    let segment = 0;
    const measured = await rounds(
      {
        staging: () => stageSegment({ batchId: BATCH, fence, segment: (segment += 1) }, ports),
        bare: () => bareLoop((segment += 1), stores),
      },
      times,
      (round) => tell(`staging: round ${round} of ${times}`),
    );
    const each = (name: keyof typeof measured) =>
      `${((median(measured[name]) * 1e3) / segmentRows).toFixed(0)} µs`;
    return [
      {
        bench: "staging",
        what: "time against the bare loop",
        value: medianRatio(measured.staging, measured.bare),
        unit: "×",
        target: { atMost: 1.15 },
        detail: `segments of ${segmentRows} rows, median of ${times} rounds; ${each("staging")} a row against ${each("bare")}`,
      },
    ];
  } finally {
    await stores.close();
  }
}

/** The reads, the conditional writes and the puts of one segment, without a judgement of anything. */
async function bareLoop(segment: number, { table, objects }: EmbeddedStores): Promise<void> {
  const batch = await table.get({ pk: `BATCH#${BATCH}`, sk: "META" });
  await table.get({ pk: `STREAM#${STREAM.name}`, sk: "STATE" });
  const record = { pk: `BATCH#${BATCH}`, sk: `SEGMENT#${String(segment).padStart(6, "0")}` };
  await table.get(record);
  if (batch === undefined) throw new Error("the bench's batch has no record");
  const { key } = batch["plan"] as Plan;
  const planned = await plannedSegment(segment, key, objects);
  await objects.read("due", `${PREFIX}due.csv`, { from: planned.from, to: planned.to });

  const lines = Array.from({ length: planned.rows }, (_, index) => planned.firstLine + index);
  const work = lines.filter((line) => !isBad(line)).values();
  const worker = async () => {
    for (const line of work) await bareClaim(line, segment, table);
  };
  await Promise.all(Array.from({ length: CLAIMS_IN_FLIGHT }, worker));

  const text = lines.map((line) => `${JSON.stringify(fieldsOf(line))}\n`).join("");
  await Promise.all([
    objects.create("work", `${BATCH}/staged/${segment}`, Buffer.from(text), "application/jsonl"),
    objects.create("work", `${BATCH}/exclusions/${segment}`, Buffer.from("{}\n"), "application/jsonl"),
  ]);
  const sum = { count: planned.rows, cents: 0 };
  const hash = createHash("sha256").update(text).digest("hex");
  await table.put(
    { ...record, schema: SCHEMA, batchId: BATCH, segment, staged: sum, sha256: hash },
    "absent",
  );
}

async function plannedSegment(
  segment: number,
  key: string,
  objects: EmbeddedStores["objects"],
): Promise<PlannedSegment> {
  const plan = await objects.read("work", key);
  return decodeSegment(plan?.bytes.toString("utf8").split("\n")[segment - 1] ?? "");
}

async function bareClaim(line: number, segment: number, table: EmbeddedStores["table"]): Promise<void> {
  const [mandateId, dueDate] = [mandateOf(line), dueDateOf(line)];
  const pk = `MANDATE#${mandateId}`;
  await table.query(pk, "DEBIT#2026-02-01", "DEBIT#2026-03-31");
  const claim = { mandateId, dueDate, attempt: 1, batchId: BATCH, line, segment };
  await table.put(
    {
      pk,
      sk: `DEBIT#${dueDate}#01`,
      schema: SCHEMA,
      ...claim,
      cents: centsOf(line),
      stream: STREAM.name,
    },
    "absent",
  );
}
