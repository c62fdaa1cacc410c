import { optionsIn, wholeNumber } from "../../infra/command-options.ts";
import { WrongInput } from "../../infra/wrong-input.ts";
import { layerPairs, layersAlone } from "./layers-tried.ts";

/** No set of layers is worth more. */
const MOST_SEEDS = 2_000;
/** Those of the stored figures, so that the command without options repeats them. */
const ALONE_SEEDS = 300;
const PAIR_SEEDS = 60;
const CELLS = 80;

export const ABLATION_HELP = `Takes every protective layer out of the app, alone and in pairs, and tells what then debits twice or loses a debit.

  npm run ablation                            every layer and every pair: seeds in both modes of the bank, and the crash matrix
  npm run ablation -- --only lock,fence+claim these layers and pairs only
  npm run ablation -- --readme                writes the README's table from what is stored, and runs nothing

options
  --alone <n>      seeds from 1 on, of each layer alone in each mode (default ${ALONE_SEEDS}, at most ${MOST_SEEDS})
  --seeds <n>      the same of each pair (default ${PAIR_SEEDS})
  --cells <n>      cells of the crash matrix, spread over those that decide something (default ${CELLS})
  --threads <n>    default 2
  --store          keep the figures in test/mutants/ablation.json, and write the README's table
  --fresh          do not go on from where an earlier run of the same commit stopped
  --help           print this

The layers: ${layersAlone().join(", ")}.
What is done is kept under reports/simulate/, and gone on with.
exit codes: 0 all as expected, 1 a layer alone debits twice, loses, sends or tells what is not so, and nobody has
said why, or it was never missing, 2 wrong usage
`;

export interface AblationOptions {
  readonly names: readonly string[];
  readonly alone: number;
  readonly seeds: number;
  readonly cells: number;
  readonly threads: number;
  readonly store: boolean;
  readonly fresh: boolean;
  readonly readme: boolean;
}

/** Reads the command line; "help" where it asks for help. Throws WrongInput with a sentence. */
export function ablationOptions(args: readonly string[]): AblationOptions | "help" {
  const values = optionsIn(args, OPTIONS);
  if (values.help) return "help";
  const all = [...layersAlone(), ...layerPairs()];
  const names = values.only === undefined ? all : values.only.split(",").map((text) => setOf(text, all));
  if (values.only !== undefined && values.store) {
    throw new WrongInput("--store keeps the whole table, so that nothing can be left out of it by --only");
  }
  const alone = wholeNumber("--alone", values.alone ?? String(ALONE_SEEDS), 9);
  const seeds = wholeNumber("--seeds", values.seeds ?? String(PAIR_SEEDS), 9);
  if (Math.max(alone, seeds) > MOST_SEEDS) {
    throw new WrongInput(`--alone and --seeds are at most ${MOST_SEEDS}`);
  }
  return {
    names,
    alone,
    seeds,
    cells: wholeNumber("--cells", values.cells ?? String(CELLS), 9),
    threads: wholeNumber("--threads", values.threads ?? "2", 9),
    store: values.store ?? false,
    fresh: values.fresh ?? false,
    readme: values.readme ?? false,
  };
}

/** A set's own name, in whichever order somebody has named its layers. */
function setOf(text: string, all: readonly string[]): string {
  const wanted = text.split("+").toSorted().join("+");
  const found = all.find((name) => name.split("+").toSorted().join("+") === wanted);
  if (found === undefined) throw new WrongInput(`${text} is not a layer, or two with a plus between them`);
  return found;
}

const OPTIONS = {
  only: { type: "string" },
  alone: { type: "string" },
  seeds: { type: "string" },
  cells: { type: "string" },
  threads: { type: "string" },
  store: { type: "boolean" },
  fresh: { type: "boolean" },
  readme: { type: "boolean" },
  help: { type: "boolean" },
} as const;
