import type { EventItem } from "./domain/records.ts";
import { ConditionRefused, type Ledger } from "./ports.ts";

/** Appends one line to a batch's audit trail. Its key holds the call's nonce: if it exists, it is this very line. */
export async function appendEvent(ports: { readonly ledger: Ledger }, event: EventItem): Promise<void> {
  try {
    await ports.ledger.createEvent(event);
  } catch (error) {
    if (!(error instanceof ConditionRefused)) throw error;
  }
}
