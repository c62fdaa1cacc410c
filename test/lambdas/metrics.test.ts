import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import { powertoolsMetrics } from "../../lambdas/adapters/metrics.ts";
import { METRICS, type MetricName } from "../../lambdas/domain/metrics.ts";
import { MORNING } from "../builders.ts";

const clock = clockFrom(() => MORNING);

function written(count: (metrics: ReturnType<typeof powertoolsMetrics>) => void): unknown[] {
  const lines: string[] = [];
  count(powertoolsMetrics({ clock, write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe("a count", () => {
  it("is one line of the embedded metric format, with the stream as its only dimension", () => {
    expect(written((metrics) => metrics.count("RowsStaged", "au-cba", 979))).toEqual([
      {
        _aws: {
          Timestamp: MORNING,
          CloudWatchMetrics: [
            {
              Namespace: "DebitOnce",
              Dimensions: [["Stream"]],
              Metrics: [{ Name: "RowsStaged", Unit: "Count" }],
            },
          ],
        },
        Stream: "au-cba",
        RowsStaged: 979,
      },
    ]);
  });

  it("is one unless it is told how many, and may be none", () => {
    expect(written((metrics) => metrics.count("GatePassed", "au-cba"))).toMatchObject([{ GatePassed: 1 }]);
    expect(written((metrics) => metrics.count("RowsExcluded", "au-cba", 0))).toMatchObject([
      { RowsExcluded: 0 },
    ]);
  });

  it("is a line of its own, so that none takes another one with it", () => {
    const lines = written((metrics) => {
      metrics.count("StepFailed", "au-cba");
      metrics.count("GateFailed", "au-wbc");
    });
    expect(lines).toMatchObject([
      { Stream: "au-cba", StepFailed: 1 },
      { Stream: "au-wbc", GateFailed: 1 },
    ]);
    expect(lines[1]).not.toHaveProperty("StepFailed");
  });

  it("is lost before it fails a step, whatever is wrong with it", () => {
    const broken = {
      clock,
      write: () => {
        throw new Error("standard output is closed");
      },
    };
    expect(() => powertoolsMetrics(broken).count("GatePassed", "au-cba")).not.toThrow();
    const now = () => {
      throw new RangeError("no time");
    };
    const metrics = powertoolsMetrics({ clock: { ...clock, now }, write: () => {} });
    expect(() => metrics.count("GatePassed", "au-cba")).not.toThrow();
  });
});

describe("the list of metrics", () => {
  const folder = fileURLToPath(new URL("../../lambdas", import.meta.url));
  const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, "utf8"));
  const names = Object.keys(METRICS) as MetricName[];

  /** By its literal name somewhere else than in the list: as a count, or as a fault that `announced` counts. */
  function isEmitted(name: MetricName): boolean {
    return sources.some((source) => !source.includes("export const METRICS") && source.includes(`"${name}"`));
  }

  it("names nothing that no step counts", () => {
    expect(names.filter((name) => !isEmitted(name))).toEqual([]);
  });

  it("has every name that a step counts", () => {
    const counted = sources.flatMap((source) =>
      [...source.matchAll(/\bcount\("(\w+)"/g)].map(([, name]) => name),
    );
    expect(counted.length).toBeGreaterThan(20);
    expect(counted.filter((name) => !names.includes(name as MetricName))).toEqual([]);
  });
});
