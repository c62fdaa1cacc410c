import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Effort, Figure } from "./figure.ts";
import { median } from "./rounds.ts";

const TIMES = { tiny: 1, quick: 1, full: 3 } as const;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * How long `npm start` takes to bill its sample from nothing but what a first `npm start` has left: the synthesized
 * templates. Its batches lie in a folder of their own.
 */
export async function benchStart({ size, tell }: Effort): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "debit-once-start-"));
  const seconds: number[] = [];
  // npm runs a script in its package's folder, where --fresh would forget somebody's own batches.
  const script = `"${process.execPath}" "${join(ROOT, "infra/local/start.ts")}"`;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, scripts: { start: script } }));
  try {
    for (let time = 0; time <= TIMES[size]; time += 1) {
      tell(`start: npm start, time ${time}`);
      const begun = performance.now();
      await promisify(execFile)("npm", ["start", "--silent", "--", "--fresh", "--json"], { cwd: folder });
      if (time > 0) seconds.push((performance.now() - begun) / 1000);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    {
      bench: "start",
      what: "npm start -- --fresh, after a first one",
      value: median(seconds),
      unit: "s",
      detail: `median of ${seconds.length}; the sample of 1,000 instalments, npm included`,
    },
  ];
}
