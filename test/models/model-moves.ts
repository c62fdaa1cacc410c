/** One line of a table of moves, as "COMPOSED withdraw WITHDRAWN". */
export type MoveLine = string;

/** A table of state × event, as lambdas/domain/moves.ts has it. */
export type MoveTable = Readonly<Record<string, Readonly<Partial<Record<string, string>>>>>;

/** Moves that the model leaves out, each with the reason. */
export const NOT_MODELLED: Readonly<Record<MoveLine, string>> = {
  "SUBMITTED acknowledge ACKNOWLEDGED": "no code makes this move yet: the bank's acknowledgements come later",
  "SUBMITTED reject REJECTED": "no code makes this move yet: the bank's rejections come later",
};

export function movesOf(table: MoveTable): MoveLine[] {
  return Object.entries(table)
    .flatMap(([state, events]) =>
      Object.entries(events).map(([event, next]) => `${state} ${event} ${String(next)}`),
    )
    .sort();
}

const MOVE = /^\s*:: it == (\w+) && event == (\w+) -> it = (\w+)$/;

/** The moves of a model: the lines of its one table of them. Throws if a line between the marks is no move. */
export function movesIn(model: string, thing: "file" | "batch"): MoveLine[] {
  const table = tableIn(model, thing);
  return table
    .map((line) => {
      const [, state, event, next] = MOVE.exec(line) ?? [];
      if (next === undefined) throw new RangeError(`not a move: ${line.trim()}`);
      return `${String(state)} ${String(event)} ${next}`;
    })
    .sort();
}

function tableIn(model: string, thing: string): string[] {
  const lines = model.split("\n");
  const from = lines.findIndex((line) => line.trim() === `/* ${thing} moves */`);
  const to = lines.findIndex((line, index) => index > from && line.trim() === "/* end of moves */");
  if (from < 0 || to < 0) throw new RangeError(`the model has no table of ${thing} moves`);
  return lines.slice(from + 1, to);
}

/** What may write a state without a move: copies, an item without a batch, and the birth of a file or a record. */
const NO_MOVES = [
  /^(\w+)\.state\[([01])\] = (\w+)\.state\[\2\]$/,
  /^item\.state\[[01]\] = NONE$/,
  /^N\.state\[([01])\] = \(N\.content\[\1\] != 0 -> COMPOSED : NONE\)$/,
  /^S\.state\[[01]\] = RECONCILED$/,
  /^batch\[2\] = NONE$/,
  /^batch\[b\] = OPEN$/,
  /^batch\[0\] = OPEN$/,
];

/** Assignments to a file's or a batch's state that do not go through the table. */
export function strayAssignments(model: string): string[] {
  const code = model.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const assignments = [...code.matchAll(/\b(?:\w+\.state\[[^\]]+\]|batch\[[^\]]+\])\s*=(?!=)[^;\n]*/g)];
  return assignments
    .map(([text]) => text.replace(/\s*(?:\}.*|\\)?$/, "").trim())
    .filter((text) => !NO_MOVES.some((pattern) => pattern.test(text)));
}
