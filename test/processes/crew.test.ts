import { afterEach, describe, expect, test } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import { synthesis } from "../batch/local-batch.ts";
import { Crew, type Worker } from "./crew.ts";

let crew: Crew;
afterEach(() => crew.close());

/** Workers that have loaded the app and find no store under their ports. */
async function crewOf(spares: number): Promise<Crew> {
  const ports = { dynamodb: 1, s3: 1 };
  return new Crew({ ports, templates: await synthesis(), configuration: configuration("dev") }, spares);
}

function lives({ pid = 0 }: Worker): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a crew", () => {
  test("that is closed leaves no process, neither a working nor a stopped one", async () => {
    crew = await crewOf(0);
    const workers = [await crew.hand(), await crew.hand()];
    workers[0]?.stop();
    expect(workers.map(lives)).toEqual([true, true]);
    await crew.close();
    expect(workers.map(lives)).toEqual([false, false]);
  });

  test("gives a worker again that has come back, and never one that was killed", async () => {
    crew = await crewOf(0);
    const first = await crew.hand();
    crew.back(first);
    expect(await crew.hand()).toBe(first);
    first.kill();
    await first.gone;
    crew.back(first);
    const second = await crew.hand();
    expect(second).not.toBe(first);
    expect(crew.made).toBe(2);
  });
});
