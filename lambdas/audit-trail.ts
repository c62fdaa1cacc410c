import type { EventItem, OverrideEventItem, StreamEventItem } from "./domain/records.ts";
import { ConditionRefused, type Ledger } from "./ports.ts";

/** Appends one line to a batch's audit trail. Its key holds the call's nonce: if it exists, it is this very line. */
export function appendEvent({ ledger }: { readonly ledger: Ledger }, event: EventItem): Promise<void> {
  return appended(() => ledger.createEvent(event));
}

/** One line about a proposal, in the trail of what that is filed with: a batch, or the stage's overrides. */
export function appendProposalEvent(
  ports: { readonly ledger: Ledger },
  batchId: string | undefined,
  line: OverrideEventItem,
): Promise<void> {
  if (batchId !== undefined) return appendEvent(ports, { batchId, ...line });
  return appended(() => ports.ledger.createOverrideEvent(line));
}

/** The same for a stream's. */
export function appendStreamEvent(
  { ledger }: { readonly ledger: Ledger },
  event: StreamEventItem,
): Promise<void> {
  return appended(() => ledger.createStreamEvent(event));
}

async function appended(create: () => Promise<void>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof ConditionRefused)) throw error;
  }
}
