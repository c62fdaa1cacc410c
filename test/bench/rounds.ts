/** Things that are measured against one another, by name: each does the same work once and gives it up. */
export type Contenders<Name extends string> = Readonly<Record<Name, () => unknown>>;

/**
 * Runs the contenders in turn, round after round, so that whatever else the machine does hits all of them alike.
 * The first round warms up and is not counted.
 * @returns the milliseconds of each, by name, round by round
 */
export async function rounds<Name extends string>(
  contenders: Contenders<Name>,
  count: number,
  tell: (round: number) => void = () => {},
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= count; round += 1) {
    tell(round);
    // Every other round runs backwards: nobody always pays for the garbage of the same other one. It is not collected
    // in between, because a forced collection throws compiled code away as well.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const begun = performance.now();
      await contenders[name]();
      if (round > 0) times[name].push(performance.now() - begun);
    }
  }
  return times;
}

/** The median of `over` divided by `under`, taken round by round. */
export function medianRatio(over: readonly number[], under: readonly number[]): number {
  return median(over.map((value, round) => value / (under[round] as number)));
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]] as [number, number];
  return (low + high) / 2;
}
