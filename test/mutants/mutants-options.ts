import { optionsIn, wholeNumber } from "../../infra/command-options.ts";
import { WrongInput } from "../../infra/wrong-input.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS_HELP = `Puts one slip after the other into the app's own source, in memory, and measures how often the simulation finds it.

  npm run mutants                           every mutant, 400 seeds each (the two bank modes by turns)
  npm run mutants -- --only <id>,<id>       some of them
  npm run mutants -- --list                 what there is

options
  --seeds <n>      seeds 1 to n (default 400)
  --threads <n>    threads (default 2)
  --store          keep the rates in test/mutants/results.json, and their table beside them and in the README
  --fresh          do not go on from where an earlier run of the same commit stopped
  --help           print this

The same seeds without any slip come first, and must break nothing. A mutant fails if it is never killed, if its bad
line never runs, if more than a tenth of what breaks is not what was predicted, or if its rate has fallen by half
against the stored one and chance does not explain it. What fails is not stored: who wants a lower rate takes the
mutant out of the store and runs it again.

What is done is kept under reports/simulate/, and gone on with.
exit codes: 0 every mutant is killed as predicted, 1 one is not, or something breaks without any, 2 wrong usage
`;

export interface MutantsOptions {
  readonly mutants: readonly Mutant[];
  readonly seeds: number;
  readonly threads: number;
  readonly list: boolean;
  readonly store: boolean;
  readonly fresh: boolean;
}

/** Reads the command line; "help" where it asks for help. Throws WrongInput with a sentence. */
export function mutantsOptions(args: readonly string[], all: readonly Mutant[]): MutantsOptions | "help" {
  const values = optionsIn(args, OPTIONS);
  if (values.help) return "help";
  const only = values.only?.split(",");
  const strange = only?.find((id) => !all.some((mutant) => mutant.id === id));
  if (strange !== undefined) throw new WrongInput(`--only: there is no mutant ${strange}; --list names them`);
  return {
    mutants: only === undefined ? all : all.filter(({ id }) => only.includes(id)),
    seeds: wholeNumber("--seeds", values.seeds ?? "400", 7),
    threads: wholeNumber("--threads", values.threads ?? "2", 7),
    list: values.list ?? false,
    store: values.store ?? false,
    fresh: values.fresh ?? false,
  };
}

const OPTIONS = {
  only: { type: "string" },
  seeds: { type: "string" },
  threads: { type: "string" },
  list: { type: "boolean" },
  store: { type: "boolean" },
  fresh: { type: "boolean" },
  help: { type: "boolean" },
} as const;
