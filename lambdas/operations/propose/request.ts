import { z } from "zod";
import { isReason, REASON_RULE } from "../../domain/reason.ts";
import { CHANNELS } from "../../domain/records.ts";
import { isReference, REFERENCE_RULE } from "../../domain/reference.ts";
import { INSTANT_RULE, isInstant } from "../../domain/resolution.ts";

const request = { batchId: z.string(), reason: z.string().refine(isReason, REASON_RULE) };

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
]);
