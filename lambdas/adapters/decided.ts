import { z } from "zod";
import { reasonOf } from "../domain/reason.ts";

/**
 * Who decides something alone, and why: a part of the event of each operation. A reason that cannot stand is refused
 * as a request that is malformed, as where two people decide.
 */
export const decided = { by: z.string().min(1), reason: z.string().transform(reasonOf) };
