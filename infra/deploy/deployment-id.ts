import { randomBytes } from "node:crypto";
import type { Instant } from "../../lambdas/ports.ts";

/** An id that nobody else has: `deploy-<yyyymmdd>-<hhmmss>-<8 hex>`, in UTC; also the name of its change sets. */
export function deploymentId(now: Instant): string {
  const [date, time] = new Date(now).toISOString().replaceAll(/[-:]/g, "").split(/[T.]/);
  return `deploy-${date}-${time}-${randomBytes(4).toString("hex")}`;
}
