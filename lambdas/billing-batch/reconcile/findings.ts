/** The checks that count departures one by one. */
export type CountedCheck =
  | "segments-complete"
  | "file-bytes"
  | "file-structure"
  | "file-header"
  | "processing-date"
  | "file-limits"
  | "debit-limit"
  | "entries"
  | "index"
  | "no-row-missing"
  | "no-row-surplus"
  | "exclusions"
  | "ledger-refusals"
  | "dishonours"
  | "claims"
  | "same-totals"
  | "same-debit";

/** Where something departs from what it should be. What is not given is not meant. */
export interface Place {
  readonly segment?: number;
  readonly file?: number;
  /** A line of that file, or of the due list where no file is given. */
  readonly line?: number;
}

interface Finding extends Place {
  readonly rule: string;
}

const MOST_KEPT = 5;

/**
 * What the gate finds wrong: how often for each check, and the first few places, in order of segment, file and
 * line, so that they are the same whichever answer of the ledger came first. A rule never repeats a value.
 */
export class Findings {
  readonly #counts = new Map<CountedCheck, number>();
  readonly #first = new Map<CountedCheck, Finding[]>();

  add(check: CountedCheck, place: Place, rule: string): void {
    this.#counts.set(check, this.count(check) + 1);
    const kept = this.#first.get(check) ?? [];
    this.#first.set(check, kept);
    const finding = { ...place, rule };
    if (kept.length === MOST_KEPT && compare(finding, kept.at(-1) as Finding) >= 0) return;
    kept.push(finding);
    kept.sort(compare);
    kept.length = Math.min(kept.length, MOST_KEPT);
  }

  count(check: CountedCheck): number {
    return this.#counts.get(check) ?? 0;
  }

  /** The first places in words; undefined if there are none. */
  note(check: CountedCheck): string | undefined {
    const kept = this.#first.get(check);
    if (kept === undefined) return undefined;
    const more = this.count(check) - kept.length;
    return kept.map(inWords).join("; ") + (more > 0 ? `; and ${more} more` : "");
  }
}

function compare(a: Finding, b: Finding): number {
  return (
    (a.segment ?? 0) - (b.segment ?? 0) ||
    (a.file ?? 0) - (b.file ?? 0) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0)
  );
}

function inWords({ segment, file, line, rule }: Finding): string {
  const places = [
    ...(segment === undefined ? [] : [`segment ${segment}`]),
    ...(file === undefined ? [] : [`file ${file}`]),
    ...(line === undefined ? [] : [file === undefined ? `due-list line ${line}` : `line ${line}`]),
  ];
  return places.length === 0 ? rule : `${places.join(", ")}: ${rule}`;
}
