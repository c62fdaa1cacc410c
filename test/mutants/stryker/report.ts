/** What is read of a report in the schema of mutation testing. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Mutants by what became of them; `unreached` ones are run by no test, `unloaded` ones only while a file loads. */
export interface Tally {
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly unreached: number;
  readonly unloaded: number;
  readonly errors: number;
}

/** A mutant that no test has noticed, told so that the line may move. */
export interface Survivor {
  readonly file: string;
  /** The line on which it begins, without the blanks around it. */
  readonly line: string;
  /** What stood there and what stood there instead. */
  readonly mutant: string;
}

const SURVIVED = new Set(["Survived", "NoCoverage"]);

export function tallyOf(mutants: readonly Mutant[]): Tally {
  const count = (status: string) => mutants.filter((one) => one.status === status).length;
  return {
    mutants: mutants.length,
    killed: count("Killed"),
    timeout: count("Timeout"),
    survived: count("Survived"),
    unreached: count("NoCoverage"),
    unloaded: count("Ignored"),
    errors: count("RuntimeError") + count("CompileError"),
  };
}

export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    mutants: sum((one) => one.mutants),
    killed: sum((one) => one.killed),
    timeout: sum((one) => one.timeout),
    survived: sum((one) => one.survived),
    unreached: sum((one) => one.unreached),
    unloaded: sum((one) => one.unloaded),
    errors: sum((one) => one.errors),
  };
}

/** The mutants that were noticed out of all that were valid, in per cent; undefined where there was none. */
export function scoreOf({ killed, timeout, survived, unreached }: Tally): number | undefined {
  const valid = killed + timeout + survived + unreached;
  return valid === 0 ? undefined : (100 * (killed + timeout)) / valid;
}

export function survivorsOf(report: Report): readonly Survivor[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => SURVIVED.has(status))
      .map((mutant) => survivor(file, source.split("\n"), mutant)),
  );
}

function survivor(
  file: string,
  lines: readonly string[],
  { location: { start, end }, replacement }: Mutant,
): Survivor {
  const part = lines.slice(start.line - 1, end.line);
  part.push((part.pop() ?? "").slice(0, end.column - 1));
  const original = part.join("\n").slice(start.column - 1);
  const short = (text: string) => text.replace(/\s+/g, " ").trim();
  return {
    file,
    line: (lines[start.line - 1] ?? "").trim(),
    mutant: `${short(original)} → ${short(replacement ?? "")}`,
  };
}

/** One survivor's name: equal for those that stand on equal lines of one file. */
export function nameOf({ file, line, mutant }: Survivor): string {
  return `${file}: ${line}: ${mutant}`;
}
