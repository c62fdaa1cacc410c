import { join } from "node:path";
import { EXIT } from "../ops/exit-code.ts";
import { endWith } from "../ops/end-with.ts";
import { readAssembly } from "../local/assembly.ts";
import { localConfiguration, localFolder } from "../local/open-local.ts";
import { synthesize } from "../local/synthesis.ts";
import { ASSUMPTIONS } from "./assumptions.ts";
import { billOf } from "./bill.ts";
import { billText } from "./bill-text.ts";
import { COST_HELP, costOptions } from "./cost-options.ts";
import { PRICED_ON, PRICED_REGION } from "./prices.ts";
import { recordRuns } from "./recorded-run.ts";
import { readTemplates } from "./templates.ts";
import { usageModel } from "./usage-model.ts";

/** `npm run cost`: what AWS charges for billing debits. */
async function main(): Promise<number> {
  const options = costOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(COST_HELP);
    return EXIT.done;
  }
  const outdir = await synthesize({ stage: "dev", outdir: join(localFolder(), "cdk.out") });
  const { streams } = localConfiguration();
  const { monthly, memoryMb } = await readTemplates(outdir, Object.keys(streams).length);
  const runs = await recordRuns(await readAssembly(outdir), memoryMb);
  const segmentRows = Object.values(streams)[0]?.segmentRows ?? 0;
  const bill = billOf(usageModel(runs), monthly, { ...options, segmentRows });
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ pricedOn: PRICED_ON, region: PRICED_REGION, ...bill, assumptions: ASSUMPTIONS, runs }, undefined, 2)}\n`
      : billText(bill, runs),
  );
  return EXIT.done;
}

await endWith(main);
