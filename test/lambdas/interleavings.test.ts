import { describe, expect, it } from "vitest";
import { acquireLock } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { planBatch } from "../../lambdas/billing-batch/plan-segments/plan-segments.ts";
import { stageSegment } from "../../lambdas/billing-batch/stage-segment/stage-segment.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import { abandonBatch } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import type { Begun } from "../../lambdas/deploy-gate/begin.ts";
import { deployGate } from "../../lambdas/deploy-gate/deploy-gate.ts";
import { AT, configuration, dueList, row, stream } from "../builders.ts";
import { callsOf, intercepted } from "../port-faults.ts";
import { actor, TO_THE_END } from "../turns.ts";
import { type Watch, watched } from "../watch.ts";
import {
  bytesOf,
  filesOf,
  itemOf,
  layList,
  memory,
  pickUp,
  reconciled,
  staged,
  type World,
  worldOn,
  type WorldPorts,
} from "../world.ts";

/**
 * Two handler calls at once, port call by port call: the first makes n calls, the second m, then the first goes
 * to its end, then the second; over every n and every m. A zombie is a call that sleeps in the middle.
 */
const WHY = { by: "ann", reason: "why" };

type Run = (world: World, ports: WorldPorts) => Promise<unknown>;
const submit: Run = (world, ports) =>
  submitBankFile({ batchId: world.id(), fence: 1, timeLimitMs: 1000 }, ports);
const close: Run = (world, ports) => closeBatch({ batchId: world.id(), fence: 1 }, ports);
const abandon: Run = (world, ports) => abandonBatch({ batchId: world.id(), ...WHY }, ports);
const acquire =
  (number: number): Run =>
  (world, ports) =>
    acquireLock(
      { batchId: world.id(number), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
      ports,
    );

/** A deployment of the world's own stream and of these neighbours, in an open calendar. */
const begin =
  (deployment: string, neighbours: readonly string[]): Run =>
  (world, ports) => {
    const names = [world.stream.name, ...neighbours];
    return deployGate(
      { action: "begin", deployment, by: "ci" },
      {
        ...ports,
        configuration: configuration(...names.map((name) => stream({ name }))),
        executions: { describe: async () => undefined },
        changeCalendar: { at: async () => ({ state: "OPEN" }) },
        stacks: { status: async () => "UPDATE_COMPLETE" },
        billingStack: "Billing",
        schedules: false,
      },
    );
  };

interface Scene {
  readonly world: World;
  readonly watch: Watch;
}

interface Told {
  readonly first: unknown;
  readonly second: unknown;
}

/** Every interleaving with one switch there and back; `judge` says in words what is wrong afterwards. */
async function interleaved(
  scene: () => Promise<Scene>,
  runs: readonly [Run, Run],
  judge: (scene: Scene, told: Told) => Promise<string[]>,
): Promise<{ wrong: string[]; cells: number }> {
  const length = async (run: Run) => {
    const { world } = await scene();
    return (await callsOf(world.ports(), (ports) => run(world, ports).catch(() => "refused"))).length;
  };
  const [most, others] = [await length(runs[0]), await length(runs[1])];
  const wrong: string[] = [];
  let cells = 0;
  for (let n = 0; n <= most; n += 1) {
    for (let m = 1; m <= others + 2; m += 1) {
      const acts = await scene();
      const [first, second] = runs.map((run) => actor(acts.world.ports(), (ports) => run(acts.world, ports)));
      await first?.advance(n);
      await second?.advance(m);
      await first?.advance(TO_THE_END);
      await second?.advance(TO_THE_END);
      const ends = [first?.ended(), second?.ended()];
      if (ends.includes(undefined)) wrong.push(`${n}, ${m}: a call has not ended`);
      const told = { first: outcome(ends[0]), second: outcome(ends[1]) };
      wrong.push(
        ...[...acts.watch.broken, ...(await judge(acts, told))].map((what) => `${n}, ${m}: ${what}`),
      );
      cells += 1;
    }
  }
  return { wrong, cells };
}

/** Every order of the calls that both make undisturbed; what either makes beyond them comes after. */
async function inEveryOrder(
  scene: () => Promise<Scene>,
  runs: readonly [Run, Run],
  judge: (scene: Scene, told: Told) => Promise<string[]>,
): Promise<{ wrong: string[]; cells: number }> {
  const lengths: number[] = [];
  for (const run of runs) {
    const { world } = await scene();
    lengths.push((await callsOf(world.ports(), (ports) => run(world, ports))).length);
  }
  const wrong: string[] = [];
  let cells = 0;
  const orders = ordersOf(lengths[0] ?? 0, lengths[1] ?? 0);
  for (const order of orders) {
    const acts = await scene();
    const actors = runs.map((run) => actor(acts.world.ports(), (ports) => run(acts.world, ports)));
    for (const turn of order) await actors[turn]?.advance(1);
    for (const one of actors) await one.advance(TO_THE_END);
    const ends = actors.map((one) => one.ended());
    const name = order.join("");
    if (ends.includes(undefined)) wrong.push(`${name}: a call has not ended`);
    const told = { first: outcome(ends[0]), second: outcome(ends[1]) };
    wrong.push(...[...acts.watch.broken, ...(await judge(acts, told))].map((what) => `${name}: ${what}`));
    cells += 1;
  }
  return { wrong, cells };
}

/** All sequences of so many turns of the first and so many of the second. */
function* ordersOf(first: number, second: number): Generator<(0 | 1)[]> {
  if (first === 0 || second === 0) {
    yield [...Array<0>(first).fill(0), ...Array<1>(second).fill(1)];
    return;
  }
  for (const rest of ordersOf(first - 1, second)) yield [0, ...rest];
  for (const rest of ordersOf(first, second - 1)) yield [1, ...rest];
}

/** What a call has returned, or the name of what it has thrown. */
function outcome(end: { value?: unknown; error?: unknown } | undefined): unknown {
  return end && "value" in end ? end.value : ((end?.error as Error | undefined)?.name ?? "nothing");
}

async function submitting(states: readonly FileStateName[]): Promise<Scene> {
  const backing = memory();
  const watch = watched(backing);
  const world = worldOn(watch.backing);
  await reconciled({ ...world, ...backing }, states);
  for (const [index, state] of states.entries()) {
    if (state !== "SUBMITTED") continue;
    await backing.overwrite("outbound", pickUp(world, index + 1), bytesOf(index + 1));
    const own = { batchId: world.id(), number: index + 1, nonce: "before", sha256: "x", at: AT };
    await backing.ledger.createSubmission({ ...own, kind: "INTENT" });
  }
  return { world, watch };
}

/** Whether bank, submission and state say the same of every file of the batch. */
async function filesAgree({ world }: Scene): Promise<string[]> {
  const open = (await itemOf(world)).batch?.files;
  const files = open ?? (await world.ledger.readFiles(world.id()));
  const wrong: string[] = [];
  for (const { number, state } of files) {
    const lies = (await world.objects.versions("outbound", pickUp(world, number))).length;
    const kind = (await world.ledger.readSubmission(world.id(), number))?.kind;
    const agreed = {
      SUBMITTED: ["INTENT", 1],
      WITHDRAWN: ["VOID", 0],
      RECONCILED: [undefined, 0],
      SUBMITTING: [kind, lies],
    };
    const [expected, objects] = agreed[state as keyof typeof agreed] ?? ["INTENT", lies];
    if (kind !== expected || lies !== objects)
      wrong.push(`file ${number} is ${state} with ${kind} and ${lies} objects`);
  }
  return wrong;
}

const nothingMore = async () => [];

describe("two calls at once", () => {
  it("submitting and submitting: a file is delivered once or never, and neither call meets an illegal move", async () => {
    const { wrong, cells } = await interleaved(
      () => submitting(["RECONCILED"]),
      [submit, submit],
      async (acts, { first, second }) => {
        const told = [first, second].filter((end) => typeof end === "string" && end !== "SubmissionUnknown");
        return [...(await filesAgree(acts)), ...told.map((name) => `a call has ended with ${String(name)}`)];
      },
    );
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(150);
  });

  it("submitting and abandoning: no file of an abandoned batch is ever delivered", async () => {
    const { wrong, cells } = await interleaved(
      () => submitting(["RECONCILED", "RECONCILED"]),
      [submit, abandon],
      async (acts) => {
        const record = await acts.world.ledger.readBatch(acts.world.id());
        const sent = acts.watch.puts.size > 0 && record?.state === "ABANDONED";
        return [...(await filesAgree(acts)), ...(sent ? ["a file of an abandoned batch was put"] : [])];
      },
    );
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(300);
  });

  it("abandoning and submitting, the other way round", async () => {
    const { wrong } = await interleaved(() => submitting(["RECONCILED"]), [abandon, submit], filesAgree);
    expect(wrong).toEqual([]);
  });

  it("abandoning and abandoning: one decision, and a lock that is free", async () => {
    const { wrong } = await interleaved(
      () => submitting(["RECONCILED", "COMPOSED"]),
      [abandon, abandon],
      async (acts) => {
        const record = await acts.world.ledger.readBatch(acts.world.id());
        const free = (await itemOf(acts.world)).batch === undefined;
        return [
          ...(await filesAgree(acts)),
          ...(record?.state === "ABANDONED" && free ? [] : ["it is not abandoned"]),
        ];
      },
    );
    expect(wrong).toEqual([]);
  });

  it("closing and abandoning, closing and closing: every ending is one", async () => {
    const zero = await interleaved(() => submitting([]), [close, abandon], nothingMore);
    const sent = await interleaved(() => submitting(["SUBMITTED"]), [close, abandon], filesAgree);
    const twice = await interleaved(
      () => submitting(["SUBMITTED"]),
      [close, close],
      async ({ world }) => {
        const files = await world.ledger.readFiles(world.id());
        return files.map(({ state }) => state).join() === "SUBMITTED" ? [] : ["a file record is missing"];
      },
    );
    expect([...zero.wrong, ...sent.wrong, ...twice.wrong]).toEqual([]);
  });

  it("acquiring for two batches: one holds the lock, and the other is told so", async () => {
    const { wrong, cells } = await interleaved(
      () => withLists(1, 2),
      [acquire(1), acquire(2)],
      async ({ world }, told) => {
        const { batch, fence } = await itemOf(world);
        const expected = { outcome: "ACQUIRED", fence };
        const [winner, loser] =
          batch?.id === world.id(1) ? [told.first, told.second] : [told.second, told.first];
        const right = JSON.stringify(winner) === JSON.stringify(expected) && loser === "LockHeld";
        return right ? [] : [`${JSON.stringify(told)} with ${batch?.id}`];
      },
    );
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(50);
  });

  it("acquiring and abandoning: a batch that was abandoned is never acquired, and holds no lock", async () => {
    for (const runs of [
      [acquire(1), abandon],
      [abandon, acquire(1)],
    ] as const) {
      const { wrong } = await interleaved(
        () => withLists(1),
        [runs[0], runs[1]],
        async ({ world }) => {
          const record = await world.ledger.readBatch(world.id());
          const { batch } = await itemOf(world);
          // A call that was abandoned under way may still say ACQUIRED; what counts is what stands in the ledger.
          return record?.state === "ABANDONED" && batch === undefined
            ? []
            : [`${record?.state}, lock of ${batch?.id}`];
        },
      );
      expect(wrong).toEqual([]);
    }
  });

  it("composing and abandoning: an abandoned batch freezes no file", async () => {
    const compose: Run = (world, ports) => composeBankFile({ batchId: world.id(), fence: 1 }, ports);
    const { wrong } = await interleaved(
      async () => {
        const acts = await withLists(1);
        await staged(acts.world);
        return acts;
      },
      [compose, abandon],
      async ({ world }) => {
        const record = await world.ledger.readBatch(world.id());
        const recorded = (await world.ledger.readFiles(world.id())).map(({ state }) => state);
        const right = record?.state === "ABANDONED" && recorded.every((state) => state === "WITHDRAWN");
        return right && (await filesOf(world)).length === 0 ? [] : ["a file of an abandoned batch lives"];
      },
    );
    expect(wrong).toEqual([]);
  });

  it("a zombie that stages for an abandoned batch, and the next batch: every row is claimed by the living one", async () => {
    const stage =
      (number: number, fence: number): Run =>
      (world, ports) =>
        stageSegment({ batchId: world.id(number), fence, segment: 1 }, ports);
    const { wrong, cells } = await interleaved(
      async () => {
        const acts = await withLists(1, 2);
        await planOnly(acts.world, 1);
        return acts;
      },
      [
        stage(1, 1),
        async (world, ports) => {
          await abandon(world, ports);
          await staged(world, 2, ports);
        },
      ],
      async ({ world }) => {
        const segment = await world.ledger.readSegment(world.id(2), 1);
        const names = [1, 2].map((line) => ({ mandateId: `m-${line}`, dueDate: "2026-10-06", attempt: 1 }));
        const owners = (await world.ledger.readClaimsNamed(names)).map(({ batchId }) => batchId);
        const right = segment?.staged.count === 2 && owners.join() === [world.id(2), world.id(2)].join();
        return right ? [] : [`${segment?.staged.count} rows staged, claimed by ${owners.join()}`];
      },
    );
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(300);
  });
});

const D1 = "deploy-20261005-200000-00000001";
const D2 = "deploy-20261005-200000-00000002";
/** Before and behind every stream of a world by name. */
const NEIGHBOURS = ["a-stream", "z-stream"];

describe("a deployment that begins", () => {
  const holders = async ({ world }: Scene, neighbours: readonly string[]) =>
    Promise.all(
      [world.stream.name, ...neighbours].map(
        async (name) => (await world.ledger.readStream(name))?.deploying?.id,
      ),
    );
  const isAllowed = (told: unknown) => (told as Partial<Begun>).allowed === true;

  /** Whoever was told that they may, may alone; whoever was refused has left nothing. */
  const oneAtMost =
    (neighbours: readonly string[]) =>
    async (acts: Scene, { first, second }: Told): Promise<string[]> => {
      const told = new Map([
        [D1, first],
        [D2, second],
      ]);
      const wrong: string[] = [];
      const held = await holders(acts, neighbours);
      const { batch } = await itemOf(acts.world);
      for (const [id, end] of told) {
        if ((end as { outcome?: string }).outcome === "ACQUIRED") {
          if (batch?.id !== acts.world.id()) wrong.push("an acquired lock is not held");
          if (held.some((holder) => holder !== undefined)) wrong.push(`${held.join()} beside an open batch`);
        } else if (isAllowed(end)) {
          if (!held.every((holder) => holder === id)) wrong.push(`${id} holds ${held.join()} of its streams`);
        } else if (held.includes(id)) wrong.push(`${id} was refused, and holds a part`);
        else if ((end as Partial<Begun>).allowed !== false && end !== "DeployInProgress") {
          wrong.push(`it has ended with ${JSON.stringify(end)}`);
        }
      }
      const may = [...told.values()].filter((end) => typeof end === "object" && !("reasons" in (end ?? {})));
      if ([...told.values()].filter(isAllowed).length + may.length > 1) wrong.push("both may");
      return wrong;
    };

  /** A list that waits for its batch, and a watch on every write: no open batch beside a deployment, not even for a moment. */
  const apart = async (): Promise<Scene> => {
    const backing = memory();
    const broken: string[] = [];
    const ledger = intercepted(backing.ledger, async (call) => {
      const answer = await call.reach();
      const { deploying, batch } = call.args[0] as Awaited<ReturnType<typeof itemOf>>;
      if (call.method === "writeStream" && deploying && batch)
        broken.push("a batch and a deployment at once");
      return answer;
    });
    const watch = watched({ ...backing, ledger });
    const world = worldOn(watch.backing);
    await layList(world, LIST);
    return { world, watch: { ...watch, broken } };
  };

  it("and a batch that acquires its lock: never both, in every order of their calls", async () => {
    const { wrong, cells } = await inEveryOrder(apart, [begin(D1, []), acquire(1)], oneAtMost([]));
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(1000);
  });

  it("on three streams, and a batch on the second or the third: never both, and nothing is left held", async () => {
    for (const neighbours of [NEIGHBOURS, ["a-stream", "b-stream"]]) {
      for (const runs of [
        [begin(D1, neighbours), acquire(1)],
        [acquire(1), begin(D2, neighbours)],
      ] as const) {
        const { wrong, cells } = await interleaved(apart, [runs[0], runs[1]], oneAtMost(neighbours));
        expect(wrong).toEqual([]);
        expect(cells).toBeGreaterThan(100);
      }
    }
  });

  it("and another one: at most one holds anything, in every order of their calls", async () => {
    const { wrong, cells } = await inEveryOrder(apart, [begin(D1, []), begin(D2, [])], oneAtMost([]));
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(200);
  });

  it("and another one on three streams: whoever is refused holds no part of them", async () => {
    const { wrong, cells } = await interleaved(
      apart,
      [begin(D1, NEIGHBOURS), begin(D2, NEIGHBOURS)],
      oneAtMost(NEIGHBOURS),
    );
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(200);
  });
});

const LIST = dueList([row({ mandate_id: "m-1" }), row({ mandate_id: "m-2" })]);

async function withLists(...numbers: number[]): Promise<Scene> {
  const watch = watched(memory());
  const world = worldOn(watch.backing);
  for (const number of numbers) await layList(world, LIST, number);
  return { world, watch };
}

/** A batch that holds the lock and has its plan. */
async function planOnly(world: World, number: number): Promise<void> {
  const { fence } = await acquireLock(
    { batchId: world.id(number), execution: "x", entered: "2026-10-05T20:00:00.000Z", retry: 0 },
    world.ports(),
  );
  await planBatch({ batchId: world.id(number), fence }, world.ports());
}
