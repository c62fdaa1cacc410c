import { optionsIn } from "../command-options.ts";
import { WrongInput } from "../wrong-input.ts";

export const COST_HELP = `What AWS charges for billing debits, line by line, from requests that a run on this machine has recorded.

npm run cost -- [options]

  --debits <n>       debits in all (1000000)
  --per-batch <n>    rows of each batch (50000)
  --json             print one JSON object and nothing else
  --help             print this
`;

export interface CostOptions {
  readonly debits: number;
  readonly perBatch: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** Above it a batch has more than one bank file, and the counts of one are not enough. */
const MOST_PER_BATCH = 400_000;

/** Reads the command line. @throws WrongInput with a sentence that names the option */
export function costOptions(args: readonly string[]): CostOptions {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const values = optionsIn(args, { debits: text, "per-batch": text, json: flag, help: flag });
  return {
    debits: whole("--debits", values.debits ?? "1000000", 1_000_000_000_000),
    perBatch: whole("--per-batch", values["per-batch"] ?? "50000", MOST_PER_BATCH),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function whole(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^[1-9]\d*$/.test(text) && value <= most) return value;
  throw new WrongInput(`${option} wants a whole number from 1 to ${most}`);
}
