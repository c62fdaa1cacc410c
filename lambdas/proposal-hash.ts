import { createHash } from "node:crypto";
import { MOST_MINUTES, type Sha256 } from "./domain/proposal.ts";

/** SHA-256 of a text in UTF-8, in hex: what the domain's proposals are hashed with. */
export const sha256OfText: Sha256 = (text) => createHash("sha256").update(text, "utf8").digest("hex");

/** The last instant at which a proposal of that instant may be approved; both in ISO 8601 with Z. */
export function approvableUntil(at: string): string {
  return new Date(Date.parse(at) + MOST_MINUTES * 60_000).toISOString();
}
