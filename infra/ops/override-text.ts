import { proposedWords } from "../../lambdas/domain/proposal.ts";
import { visible } from "../../lambdas/domain/visible-text.ts";
import type { OverridesView, OverrideView } from "../../lambdas/operations/show-overrides/show-overrides.ts";

const lines = (all: readonly string[]) => `${all.map(visible).join("\n")}\n`;

/** All that a second person approves of an override: for how long, on which ticket, who, why, and until when. */
export function overrideText(override: OverrideView): string {
  const { id, by, at, reason, ticket, minutes, until, approval } = override;
  return lines([
    `proposal   ${id}  ${override.standing}`,
    `what       override the deploy blackout for ${minutes} minutes after the approval`,
    `ticket     ${ticket}`,
    `who        ${by}, at ${at}`,
    `why        ${reason}`,
    `until      ${until}`,
    ...(approval ? [`approved   by ${approval.by} at ${approval.at}`] : []),
    ...left(override),
  ]);
}

/** What is left of it once it is approved. */
function left({ validUntil, invalid }: OverrideView): string[] {
  if (validUntil !== undefined) return [`holds      until ${validUntil}`];
  return invalid === undefined ? [] : [`holds      no: ${invalid}`];
}

/** What was decided about a stage's deploy blackout: the overrides, newest first, and the audit trail. */
export function overridesText({ at, overrides, events }: OverridesView): string {
  const proposals = overrides.map((override) => {
    const { id, by, reason, until, standing, approval, validUntil, invalid } = override;
    const till =
      standing === "open" ? ` until ${until}` : validUntil === undefined ? "" : ` until ${validUntil}`;
    const second = approval ? `, approved by ${approval.by} at ${approval.at}` : "";
    const why = invalid === undefined ? "" : `: ${invalid}`;
    return `override   ${id}  ${proposedWords(override)}  ${standing}${till}${why}  (${by}${second}): ${reason}`;
  });
  const trail = events.map(
    (event) =>
      `event      ${event.at}  ${event.action}  (${event.by})${event.reason === undefined ? "" : `: ${event.reason}`}`,
  );
  const none = proposals.length === 0 ? ["override   none was ever proposed"] : proposals;
  return lines([`at         ${at}`, ...none, ...trail]);
}
