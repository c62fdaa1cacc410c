import type { Area } from "../../../lambdas/ports.ts";
import { sha256 } from "../../builders.ts";
import type { Watch } from "../../watch.ts";
import { BATCH, type Stores, STREAM } from "./life.ts";

/** What stands in the stores after a call, and what may stand there after none. */

/** What somebody else has put where ours should lie. */
export const OTHER_BYTES = Buffer.from("other bytes");

/** What stands in the stores, without what differs between a write and its repetition. */
export interface View {
  readonly files: readonly string[];
  readonly all: unknown;
}

export async function viewOf({ ledger, objects, executions }: Stores): Promise<View> {
  const stream = await ledger.readStream(STREAM);
  const files = stream?.batch?.id === BATCH ? (stream.batch.files ?? []) : await ledger.readFiles(BATCH);
  const lying = async (area: Area, under = "") =>
    Promise.all(
      (await objects.list(area, under)).map(async (key) => [key, (await objects.versions(area, key)).length]),
    );
  const actions = (await ledger.readEvents(BATCH)).map(({ action }) => action.replace(/\d+$/, "n"));
  return {
    files: files.map(({ state }) => state),
    all: plain({
      stream,
      batch: await ledger.readBatch(BATCH),
      segments: await ledger.readSegments(BATCH),
      files: await ledger.readFiles(BATCH),
      submissions: [await ledger.readSubmission(BATCH, 1), await ledger.readSubmission(BATCH, 2)],
      claims: ledger.allClaims(),
      closings: await ledger.readClosings(STREAM, "2000-01-01" as never, "2100-01-01" as never),
      proposals: await ledger.readProposals(BATCH),
      approvals: await ledger.readApprovals(BATCH),
      actions: [...new Set(actions)].sort(),
      streamActions: [...new Set((await ledger.readStreamEvents(STREAM)).map(({ action }) => action))].sort(),
      evidence: await lying("reports", "evidence/"),
      executions: [...executions.all],
      work: await lying("work"),
      bankFiles: await lying("bankFiles"),
      outbound: await lying("outbound"),
    }),
  };
}

/** Versions, fences, nonces and report numbers tell how often something was tried, and not what has come of it. */
function plain(value: unknown): unknown {
  if (value === undefined) return undefined;
  const tried = new Set(["version", "csvVersion", "indexVersion", "fence", "nonce"]);
  const text = JSON.stringify(value, (key, inner: unknown) => (tried.has(key) ? undefined : inner));
  return JSON.parse(text.replaceAll(/report-\d{3}/g, "report-n")) as unknown;
}

/** What may be true after no call at all, however it has ended. */
export async function brokenIn(
  { stores: { ledger, objects }, watch }: { readonly stores: Stores; readonly watch: Watch },
  fence: number,
  calls: number,
  holder: string | undefined,
): Promise<string[]> {
  const wrong = [...watch.broken];
  const item = await ledger.readStream(STREAM);
  const record = await ledger.readBatch(BATCH);
  const isOver = record?.state === "CLOSED" || record?.state === "ABANDONED";
  const names = [BATCH, ...(isOver || holder !== BATCH ? [undefined, holder] : [])];
  if (!names.includes(item?.batch?.id)) wrong.push(`the lock is ${item?.batch?.id ?? "free"}`);
  if ((item?.fence ?? 0) > fence + calls) wrong.push(`an invented fence, ${item?.fence}`);
  const verdict = isOver ? record.verdict : item?.batch?.verdict;
  for (const key of (await objects.list("outbound", "")).filter((name) => name.includes(BATCH))) {
    const number = Number(key.slice(-6, -4));
    const versions = await objects.versions("outbound", key);
    if (versions.length !== 1) wrong.push(`${key} lies there ${versions.length} times`);
    const lies = (await objects.read("outbound", key))?.bytes ?? Buffer.alloc(0);
    // The test's own put: the bank has something, but not from us.
    if (lies.equals(OTHER_BYTES)) continue;
    const hash = sha256(lies);
    if (!verdict?.sha256s.includes(hash)) wrong.push(`${key} is with the bank without a verdict`);
    const submission = await ledger.readSubmission(BATCH, number);
    if (submission?.kind !== "INTENT" || submission.sha256 !== hash) wrong.push(`${key} has no intent`);
    const files = isOver ? await ledger.readFiles(BATCH) : (item?.batch?.files ?? []);
    const state = files.find((file) => file.number === number)?.state;
    if (state === "WITHDRAWN" || state === "REJECTED") wrong.push(`${key} is with the bank, and ${state}`);
  }
  return wrong;
}
