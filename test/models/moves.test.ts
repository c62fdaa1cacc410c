import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BATCH_MOVES, FILE_MOVES } from "../../lambdas/domain/moves.ts";
import { movesIn, movesOf, NOT_MODELLED, strayAssignments } from "./model-moves.ts";

const model = readFileSync(new URL("at-most-once.pml", import.meta.url), "utf8");
const FILE_LINE = "  :: it == RECONCILED && event == submit -> it = SUBMITTING\n";

describe("the model's moves", () => {
  it("are those of the table of a file's moves, but for the listed ones that it leaves out", () => {
    const left = Object.keys(NOT_MODELLED);
    const table = movesOf(FILE_MOVES);
    expect(left.filter((move) => !table.includes(move))).toEqual([]);
    expect(movesIn(model, "file")).toEqual(table.filter((move) => !left.includes(move)));
  });

  it("are those of the table of a batch's moves", () => {
    expect(movesIn(model, "batch")).toEqual(movesOf(BATCH_MOVES));
  });

  it("are the only way in which a file or a batch changes its state", () => {
    expect(strayAssignments(model)).toEqual([]);
    // So that an empty list does not come from a pattern that finds nothing.
    expect(model.match(/\bmoveFile\(/g)?.length).toBeGreaterThan(4);
    expect(model.match(/\bmoveBatch\(/g)?.length).toBeGreaterThan(2);
  });
});

describe("the comparison", () => {
  it("sees a move that is missing, one too many, and one that leads elsewhere", () => {
    expect(model).toContain(FILE_LINE);
    const changed = (by: string) => movesIn(model.replace(FILE_LINE, by), "file");
    const wanted = movesIn(model, "file");
    expect(changed("")).not.toEqual(wanted);
    expect(changed(FILE_LINE + FILE_LINE.replaceAll("RECONCILED", "WITHDRAWN"))).not.toEqual(wanted);
    expect(changed(FILE_LINE.replace("SUBMITTING", "SUBMITTED"))).not.toEqual(wanted);
  });

  it("refuses a table with a line that is no move, and a model without one", () => {
    expect(() =>
      movesIn(model.replace(FILE_LINE, "  :: it == RECONCILED -> it = SUBMITTED\n"), "file"),
    ).toThrow("not a move");
    expect(() => movesIn("", "batch")).toThrow("no table of batch moves");
  });

  it("sees a state that is set past the table", () => {
    expect(strayAssignments(`${model}\nN.state[0] = SUBMITTED; x`)).toEqual(["N.state[0] = SUBMITTED"]);
    expect(strayAssignments("atomic { batch[b] = CLOSED }")).toEqual(["batch[b] = CLOSED"]);
    expect(strayAssignments("S.state[f] == SUBMITTED")).toEqual([]);
  });
});
