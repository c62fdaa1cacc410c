import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { EXIT } from "../ops/exit-code.ts";
import { endWith } from "../ops/end-with.ts";
import { WrongInput } from "../wrong-input.ts";
import { type BillOfMaterials, onlyShipped, withScopes } from "./bill-of-materials.ts";
import { shippedPackages } from "./shipped-packages.ts";

const HELP = `Writes the bill of materials of the installed packages to standard output: CycloneDX, JSON.
A component's scope is "required" if it is in a Lambda's bundle, otherwise "excluded".

npm run --silent sbom [-- --shipped] > sbom.json

  --shipped   only what is in a Lambda's bundle
  --help      print this
`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function main(): Promise<number> {
  const options = parsed(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const { name } = JSON.parse(await readFile(`${ROOT}package.json`, "utf8")) as { readonly name: string };
  const bom = withScopes(await npmSbom(), name, await shippedPackages());
  process.stdout.write(`${JSON.stringify(options.shipped ? onlyShipped(bom) : bom, undefined, 2)}\n`);
  return EXIT.done;
}

/** What npm, the one that runs this, knows of the installed tree. */
async function npmSbom(): Promise<BillOfMaterials> {
  const npm = process.env["npm_execpath"];
  if (npm === undefined) throw new WrongInput("npm makes the list, so start this as `npm run sbom`");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [npm, "sbom", "--sbom-format=cyclonedx", "--sbom-type=application"],
    { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as BillOfMaterials;
}

function parsed(args: readonly string[]) {
  try {
    const flag = { type: "boolean" } as const;
    return parseArgs({ args: [...args], options: { shipped: flag, help: flag } }).values;
  } catch (error) {
    throw new WrongInput((error as Error).message, { cause: error });
  }
}

await endWith(main);
