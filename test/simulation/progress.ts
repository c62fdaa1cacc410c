import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const KEPT = fileURLToPath(new URL("../../reports/simulate/", import.meta.url));

/** What an interrupted run of one part has left: which of its pieces are done, and what they came to together. */
export class Progress<Summary> {
  readonly #file: string;
  readonly #commit: string;
  readonly #together: (a: Summary, b: Summary) => Summary;
  readonly #began = Date.now();
  #done: string[] = [];
  #now = 0;
  summary: Summary;

  /**
   * @param name of the part and its range
   * @param commit whose run it is; what another one has left is not gone on with
   */
  constructor(
    name: string,
    commit: string,
    nothing: Summary,
    together: (a: Summary, b: Summary) => Summary,
    fresh: boolean,
  ) {
    this.#file = `${KEPT}${name}.json`;
    this.#commit = commit;
    this.#together = together;
    this.summary = nothing;
    if (fresh) rmSync(this.#file, { force: true });
    const kept = this.#kept();
    // What ran on a tree with changes cannot be told from what would run on another one.
    if (kept?.commit !== commit || commit.endsWith("+")) return;
    this.#done = kept.done;
    this.summary = kept.summary;
  }

  isDone(piece: string): boolean {
    return this.#done.includes(piece);
  }

  /** Adds what a piece has come to, keeps it, and tells how far it is. */
  add(piece: string, summary: Summary, all: number, told: (summary: Summary) => string): void {
    this.#done.push(piece);
    this.#now += 1;
    this.summary = this.#together(this.summary, summary);
    mkdirSync(KEPT, { recursive: true });
    const kept = { commit: this.#commit, done: this.#done, summary: this.summary };
    writeFileSync(`${this.#file}.new`, JSON.stringify(kept));
    renameSync(`${this.#file}.new`, this.#file);
    const minutes = (Date.now() - this.#began) / 60_000;
    const left = (minutes / this.#now) * (all - this.#done.length);
    process.stderr.write(
      `${this.#done.length}/${all}, ${told(this.summary)}, about ${left.toFixed(0)} min left\n`,
    );
  }

  #kept(): { commit: string; done: string[]; summary: Summary } | undefined {
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as {
        commit: string;
        done: string[];
        summary: Summary;
      };
    } catch {
      // Nothing was begun before.
      return undefined;
    }
  }
}
