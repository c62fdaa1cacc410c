import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BIOME = fileURLToPath(new URL("../node_modules/.bin/biome", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A value as JSON, as the repository's formatter leaves it: what a command stores is committed as it is. */
export function storedText(value: unknown): string {
  return execFileSync(BIOME, ["format", "--stdin-file-path=stored.json"], {
    cwd: ROOT,
    input: JSON.stringify(value),
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
  });
}

export function storeJson(path: string, value: unknown): void {
  writeFileSync(path, storedText(value));
}
