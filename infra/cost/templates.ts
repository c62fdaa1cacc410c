import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { METRICS } from "../../lambdas/domain/metrics.ts";
import { functionName, templateSchema } from "../local/template.ts";
import type { Monthly } from "./bill.ts";

/** What the bill takes from the synthesized templates. */
export interface Synthesized {
  readonly monthly: Monthly;
  /** Of our functions, by name. */
  readonly memoryMb: ReadonlyMap<string, number>;
}

/** Lambda's own, where a template says nothing. */
const DEFAULT_MEMORY_MB = 128;

/** Counts in the templates of a folder what costs by the month, however little is billed. */
export async function readTemplates(outdir: string, streams: number): Promise<Synthesized> {
  const files = (await readdir(outdir)).filter((file) => file.endsWith(".template.json"));
  const resources = (
    await Promise.all(
      files.map(async (file) => templateSchema.parse(JSON.parse(await readFile(join(outdir, file), "utf8")))),
    )
  ).flatMap(({ Resources }) => Object.values(Resources));
  const count = (type: string) => resources.filter(({ Type }) => Type === type).length;
  const memoryMb = new Map<string, number>();
  for (const resource of resources) {
    const name = resource.Type === "AWS::Lambda::Function" ? functionName(resource) : undefined;
    if (name !== undefined)
      memoryMb.set(name, Number(resource.Properties["MemorySize"] ?? DEFAULT_MEMORY_MB));
  }
  return {
    monthly: {
      keys: count("AWS::KMS::Key"),
      alarms: count("AWS::CloudWatch::Alarm"),
      metrics: Object.keys(METRICS).length * streams,
    },
    memoryMb,
  };
}
