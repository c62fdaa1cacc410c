import { optionsIn, wholeNumber } from "../../infra/command-options.ts";
import { WrongInput } from "../../infra/wrong-input.ts";
import type { BankMode } from "./events.ts";
import { MODES } from "./modes.ts";

export const SIMULATE_HELP = `Runs the billing batch on faulty ports in virtual time, seed by seed, and judges what the bank got.

  npm run simulate                          everything: seeds, deployments, crash matrix with near pairs, two processes
  npm run simulate -- --only seeds          one of seeds, deployments, matrix, processes
  npm run simulate -- --seeds 1-200000      which seeds (the two bank modes by turns); deployments: 1-10000
  npm run simulate -- --replay 17           one seed once more, with its trace; with --only deployments, one of those

options
  --threads <n>    threads for seeds and matrix (default 2)
  --mode <mode>    books-everything or deduplicates (default: by turns)
  --rounds <n>     rounds of two processes (default 500)
  --cell <id>      one cell of the crash matrix once more, with its trace
  --store          keep the figures in test/simulation/results.json, which the README quotes
  --fresh          do not go on from where an earlier run of the same commit stopped
  --help           print this

What is done is kept under reports/simulate/, and gone on with.
exit codes: 0 every figure is reached, 1 something is broken or missed, 2 wrong usage
`;

export const PARTS = ["seeds", "deployments", "matrix", "processes"] as const;
export type Part = (typeof PARTS)[number];

/** From one seed to another, both included. */
export interface Seeds {
  readonly from: number;
  readonly to: number;
}

export interface SimulateOptions {
  readonly parts: readonly Part[];
  readonly seeds: Seeds;
  /** Those with CI jobs that deploy beside the batches. */
  readonly deployments: Seeds;
  readonly modes: readonly BankMode[];
  readonly threads: number;
  readonly rounds: number;
  readonly replay?: number;
  readonly cell?: string;
  readonly store: boolean;
  readonly fresh: boolean;
}

/** Reads the command line; "help" where it asks for help. Throws WrongInput with a sentence. */
export function simulateOptions(args: readonly string[]): SimulateOptions | "help" {
  const values = optionsIn(args, OPTIONS);
  if (values.help) return "help";
  const parts = values.only === undefined ? PARTS : PARTS.filter((part) => part === values.only);
  if (parts.length === 0) throw new WrongInput(`--only is one of ${PARTS.join(", ")}`);
  const modes = values.mode === undefined ? MODES : MODES.filter((mode) => mode === values.mode);
  if (modes.length === 0) throw new WrongInput(`--mode is one of ${MODES.join(", ")}`);
  return {
    parts,
    modes,
    seeds: seedsOf(values.seeds ?? "1-200000"),
    deployments: seedsOf(values.seeds ?? "1-10000"),
    threads: wholeNumber("--threads", values.threads ?? "2", 9),
    rounds: wholeNumber("--rounds", values.rounds ?? "500", 9),
    ...(values.replay !== undefined && { replay: wholeNumber("--replay", values.replay, 9) }),
    ...(values.cell !== undefined && { cell: values.cell }),
    store: values.store ?? false,
    fresh: values.fresh ?? false,
  };
}

function seedsOf(text: string): Seeds {
  const [, from = "", to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (from === "" || Number(to) < Number(from))
    throw new WrongInput("--seeds is a number, or two such as 1-2000");
  return { from: Number(from), to: Number(to) };
}

const OPTIONS = {
  only: { type: "string" },
  seeds: { type: "string" },
  mode: { type: "string" },
  threads: { type: "string" },
  rounds: { type: "string" },
  replay: { type: "string" },
  cell: { type: "string" },
  store: { type: "boolean" },
  fresh: { type: "boolean" },
  help: { type: "boolean" },
} as const;
