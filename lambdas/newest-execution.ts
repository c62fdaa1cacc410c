import { executionName, MOST_CONTINUATIONS, type TrailOfExecutions } from "./domain/execution-name.ts";
import type { Execution, Executions } from "./ports.ts";

/**
 * The newest execution of a batch that Step Functions knows, among `<batch>`, `<batch>-c1`, `<batch>-c2`, … The audit
 * trail tells where to look: names are forgotten 90 days after their end, so earlier ones may be missing, and one that
 * was announced and never started leaves a gap.
 */
export async function newestExecution(
  executions: Pick<Executions, "describe">,
  batchId: string,
  trail: Pick<TrailOfExecutions, "last">,
): Promise<Execution | undefined> {
  const { last } = trail;
  const described = (number: number) => executions.describe(executionName(batchId, number));
  let newest: Execution | undefined;
  // Beyond the trail too, should somebody have started one by hand that has acquired nothing.
  for (let number = last + 1; number <= MOST_CONTINUATIONS; number += 1) {
    const next = await described(number);
    if (next === undefined) break;
    newest = next;
  }
  for (let number = last; newest === undefined && number >= 0; number -= 1) newest = await described(number);
  return newest;
}
