import { z } from "zod";
import { isOverrideMinutes, MINUTES_RULE } from "../../domain/override.ts";
import { isReason, REASON_RULE } from "../../domain/reason.ts";
import { CHANNELS } from "../../domain/records.ts";
import { isReference, REFERENCE_RULE } from "../../domain/reference.ts";
import { INSTANT_RULE, isInstant } from "../../domain/resolution.ts";
import { isTicket, TICKET_RULE } from "../../domain/ticket.ts";

const reason = z.string().refine(isReason, REASON_RULE);
const request = { batchId: z.string(), reason };

/** What a person may ask to propose: the form of the request's body. */
export const requestToPropose = z.discriminatedUnion("action", [
  z.strictObject({
    ...request,
    action: z.literal("accept-suspicion"),
    check: z.string().regex(/^[a-z][a-z-]{0,39}$/, "the name of a check"),
  }),
  z.strictObject({
    ...request,
    action: z.literal("resolve-submission"),
    number: z.int().min(1).max(99),
    outcome: z.enum(["submitted", "rejected"]),
    /** Its bytes in base64: a request to a function URL is JSON of at most 6 MB. */
    evidence: z.base64().transform((text) => Buffer.from(text, "base64")),
    reference: z.string().refine(isReference, REFERENCE_RULE),
    channel: z.enum(CHANNELS),
    statedAt: z.string().refine(isInstant, INSTANT_RULE),
  }),
  z.strictObject({
    reason,
    action: z.literal("override-blackout"),
    ticket: z.string().refine(isTicket, TICKET_RULE),
    minutes: z.number().refine(isOverrideMinutes, MINUTES_RULE),
  }),
]);
