import { onLocal } from "../../infra/ops/on-local.ts";
import type { Approved } from "../../lambdas/operations/approve/approve.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { BilledStream, LocalBilling, Slot } from "./local-batch.ts";
import type { StoredItem } from "./local-stores.ts";
import { lostAnswer } from "./store-wire.ts";

/** What the bank says of a file in doubt, and people's two halves of believing it. */

export const LETTER = Buffer.from("We have looked into all our queues. Yours, the bank.\n");

/** An intent of half an hour before the local clock begins, so that what the bank says just before that counts. */
const INTENT_AT = "2026-03-01T19:30:00.000Z";
export const STATED_AT = "2026-03-01T19:50:00.001Z";
/** A millisecond too early: five minutes of the call, and a quarter of an hour under way. */
export const TOO_EARLY = "2026-03-01T19:50:00.000Z";

/** Lets every delivery get lost on its way, until the hook is taken away. */
export function loseDeliveries(billing: LocalBilling): void {
  billing.wire.hook = async (request, send) => {
    if (request.operation === "PUT" && request.target.startsWith("outbound")) throw lostAnswer();
    return send();
  };
}

/** Puts the file's intent back in time, since no test waits as long as people do. */
export async function longAgo(stream: BilledStream, slot: Slot = {}): Promise<void> {
  const item = await stream.stores.item(`SUBMISSION#${stream.id(slot)}#01`, "INTENT");
  await stream.stores.putItem({ ...(item as StoredItem), at: INTENT_AT });
}

export const proposes = async (
  billing: LocalBilling,
  batchId: string,
  person: string,
  outcome: "submitted" | "rejected",
  over: object = {},
) =>
  (await onLocal(billing.app, person).decide("Propose", {
    action: "resolve-submission",
    batchId,
    number: 1,
    outcome,
    evidence: LETTER.toString("base64"),
    reference: "CAS-20260302/7",
    channel: "email",
    statedAt: STATED_AT,
    reason: "the bank has told us",
    ...over,
  })) as Extract<Proposal, { action: "resolve-submission" }>;

export const approves = async (billing: LocalBilling, proposal: string, person: string) =>
  (await onLocal(billing.app, person).decide("Approve", { proposal })) as Approved;
