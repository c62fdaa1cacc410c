import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The packages, such as `zod@4.6.7`, of which anything ends up in a Lambda's bundle; everything else that is
 * installed serves the making and the testing. Bundled as `infra/handler.ts` does it, but not written.
 */
export async function shippedPackages(): Promise<ReadonlySet<string>> {
  const handlers = readdirSync(`${ROOT}lambdas`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "handler.ts")
    .map((entry) => relative(ROOT, `${entry.parentPath}/${entry.name}`));
  const { metafile } = await build({
    absWorkingDir: ROOT,
    // All in one: what they share is bundled once here, and not once for each as on AWS.
    stdin: {
      contents: handlers.map((file, index) => `export * as handler${index} from "./${file}";`).join("\n"),
      resolveDir: ROOT,
    },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    define: { DEBIT_ONCE_CONFIGURATION: "{}" },
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  const folders = new Set(files.flatMap((file) => packageOf(file) ?? []));
  return new Set([...folders].map(nameAndVersion));
}

function nameAndVersion(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, "utf8")) as {
    readonly name: string;
    readonly version: string;
  };
  return `${name}@${version}`;
}

/** The folder of the innermost package that a file belongs to; undefined for a file of ours. */
function packageOf(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}
