import { describe, expect, it } from "vitest";
import type { DeployPorts } from "../../lambdas/deploy-facts.ts";
import type { Begun } from "../../lambdas/deploy-gate/begin.ts";
import { deployGate } from "../../lambdas/deploy-gate/deploy-gate.ts";
import type { Ended } from "../../lambdas/deploy-gate/end.ts";
import type { StreamItem } from "../../lambdas/domain/records.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { TimeShort } from "../../lambdas/domain/faults.ts";
import { AT, MORNING, streamItem } from "../builders.ts";
import { answerLost, failing, LateCalls, lost, type Mishap, sdkError } from "../port-faults.ts";
import {
  DEPLOYMENT,
  type DeployWorld,
  deployWorld,
  holdOn,
  lockedBy,
  OTHER_DEPLOYMENT,
  OVERRIDDEN_UNTIL,
  overridden,
  STREAMS,
} from "./deploy-world.ts";

const [ANZ, CBA, NAB] = STREAMS as [string, string, string];
const NOBODY = [undefined, undefined, undefined];
const EVERYWHERE = [DEPLOYMENT, DEPLOYMENT, DEPLOYMENT];

const check = (world: DeployWorld, over: Partial<DeployPorts> = {}) =>
  deployGate({ action: "check" }, world.ports(over));
const begin = (world: DeployWorld, over: Partial<DeployPorts> = {}, deployment = DEPLOYMENT) =>
  deployGate({ action: "begin", deployment, by: "ci" }, world.ports(over)) as Promise<Begun>;
const end = (world: DeployWorld, over: Partial<DeployPorts> = {}, deployment = DEPLOYMENT) =>
  deployGate(
    { action: "end", deployment, by: "ci", reason: "cdk deploy is over" },
    world.ports(over),
  ) as Promise<Ended>;
const codes = ({ reasons }: Begun) => reasons.map(({ code }) => code);

describe("checking", () => {
  it("tells the decision and when it was made, writes nothing, and logs it by its codes", async () => {
    const world = deployWorld();
    const allowed = { allowed: true, firstDeployment: false, reasons: [], nextOpening: null, checkedAt: AT };
    expect(await check(world)).toEqual(allowed);
    lockedBy(world, CBA);
    expect(await check(world)).toMatchObject({ allowed: false, reasons: [{ code: "BatchOpen" }] });
    expect(await world.holders()).toEqual(NOBODY);
    expect(world.counts).toEqual([]);
    const line = { state: "DeployGate", firstDeployment: false };
    expect(world.lines).toEqual([
      { ...line, outcome: "may deploy", reasons: "" },
      { ...line, outcome: "may not deploy", reasons: "BatchOpen" },
    ]);
  });
});

describe("beginning", () => {
  it("holds every stream in the deployment's name, in order of their names, and tells the trail first", async () => {
    const world = deployWorld();
    const wrote: string[] = [];
    const ledger = watchedWrites(world, wrote);
    expect(await begin(world, { ledger })).toEqual({
      deployment: DEPLOYMENT,
      checkedAt: AT,
      allowed: true,
      firstDeployment: false,
      reasons: [],
      nextOpening: null,
      held: STREAMS,
    });
    expect(wrote).toEqual(STREAMS.flatMap((name) => [`createStreamEvent ${name}`, `writeStream ${name}`]));
    expect(await world.item(CBA)).toEqual({
      ...streamItem({ stream: CBA, fence: 0, nonce: "nonce-1" }),
      deploying: { id: DEPLOYMENT, at: AT, by: "ci", streams: STREAMS },
    });
    expect(await world.ledger.readStreamEvents(CBA)).toEqual([
      {
        stream: CBA,
        at: AT,
        action: "deploy begin",
        by: "ci",
        reason: `deployment ${DEPLOYMENT}`,
        nonce: "nonce-1",
      },
    ]);
    expect(world.counts).toEqual(STREAMS.map((name) => ["DeployBegan", name]));
    expect(world.lines).toEqual([
      {
        state: "DeployGate",
        outcome: "begun",
        deployment: DEPLOYMENT,
        by: "ci",
        nonce: "nonce-1",
        reasons: "",
        firstDeployment: false,
      },
    ]);
  });

  it("keeps what stands in a stream's item beside it", async () => {
    const world = deployWorld();
    lockedBy(world, CBA, "CLOSED");
    const paused = { by: "ann", reason: "why", at: AT };
    world.ledger.putStream(streamItem({ stream: NAB, fence: 7, paused }));
    expect((await begin(world)).allowed).toBe(true);
    expect(await world.item(CBA)).toMatchObject({ fence: 1, batch: { since: AT }, version: 2 });
    expect(await world.item(NAB)).toMatchObject({ fence: 7, paused, version: 2 });
  });

  it.each(["OPEN", "without a record"] as const)(
    "is refused while a batch is open, and holds nothing: its record is %s",
    async (state) => {
      const world = deployWorld();
      const id = lockedBy(world, NAB, state);
      world.executions.set(id, "RUNNING");
      const told = await begin(world);
      expect(told).toMatchObject({ allowed: false, held: [], deployment: DEPLOYMENT });
      expect(told.reasons).toEqual([
        { code: "BatchOpen", text: `batch ${id} holds stream ${NAB}, and its execution is running` },
      ]);
      expect(await world.holders()).toEqual(NOBODY);
      expect(world.counts).toEqual(STREAMS.map((name) => ["DeployRefused", name]));
      expect(world.lines).toMatchObject([{ outcome: "refused", reasons: "BatchOpen" }]);
    },
  );

  it("is refused while a batch has failed and may be redriven", async () => {
    const world = deployWorld();
    world.executions.set(lockedBy(world, ANZ), "FAILED");
    expect(codes(await begin(world))).toEqual(["BatchOpen"]);
    expect(await world.holders()).toEqual(NOBODY);
  });

  it("gives back what it took, in reverse, where a later stream refuses", async () => {
    const world = deployWorld();
    holdOn(world, NAB, OTHER_DEPLOYMENT);
    // What was judged is older than what is written over.
    const stale = onceStale(world, NAB);
    const wrote: string[] = [];
    const told = await begin(world, { ledger: watchedWrites(world, wrote, stale) });
    expect(told).toMatchObject({ allowed: false, held: [], nextOpening: null });
    expect(told.reasons).toEqual([
      {
        code: "DeployInProgress",
        text: `deployment ${OTHER_DEPLOYMENT} has taken stream ${NAB} meanwhile`,
      },
    ]);
    expect(await world.holders()).toEqual([undefined, undefined, OTHER_DEPLOYMENT]);
    expect(wrote.filter((one) => one.startsWith("writeStream"))).toEqual(
      [ANZ, CBA, CBA, ANZ].map((name) => `writeStream ${name}`),
    );
    const trail = await world.ledger.readStreamEvents(ANZ);
    expect(trail.map(({ action, reason }) => [action, reason])).toEqual([
      ["deploy begin", `deployment ${DEPLOYMENT}`],
      ["deploy end", `deployment ${DEPLOYMENT} was refused`],
    ]);
  });

  it("is refused by a batch that has acquired the lock since it was judged, and not by one that is over again", async () => {
    for (const [state, expected] of [
      ["OPEN", ["BatchOpen"]],
      ["without a record", ["BatchOpen"]],
      ["CLOSED", []],
      ["ABANDONED", []],
    ] as const) {
      const world = deployWorld();
      const id = lockedBy(world, CBA, state);
      const told = await begin(world, { ledger: onceStale(world, CBA) });
      expect(codes(told), state).toEqual(expected);
      if (expected.length === 0) continue;
      expect(told.reasons[0]?.text).toBe(`batch ${id} has acquired the lock of stream ${CBA} meanwhile`);
      expect(await world.holders()).toEqual(NOBODY);
    }
  });

  it("finds its own work when it is called again, and answers the same as long as it could begin now", async () => {
    const world = deployWorld();
    const first = await begin(world);
    expect(await begin(world)).toEqual(first);
    expect(await world.holders()).toEqual(EVERYWHERE);
    expect(await world.ledger.readStreamEvents(ANZ)).toHaveLength(1);
    world.calendar = async () => ({ state: "CLOSED" });
    expect(codes(await begin(world))).toEqual(["CalendarClosed"]);
    expect(await world.holders()).toEqual(NOBODY);
  });

  it("takes nothing when its call's time is over, however long ago it has judged, and gives back what it took", async () => {
    for (const [late, holders] of [
      [60_000, NOBODY],
      [59_999, EVERYWHERE],
    ] as const) {
      const world = deployWorld();
      const ledger = failing(
        world.ledger,
        "createStreamEvent",
        async ({ reach }) => {
          world.now = (MORNING + late) as Instant;
          return reach();
        },
        2,
      );
      const told = begin(world, { ledger });
      if (late === 60_000) await expect(told).rejects.toThrow(TimeShort);
      else expect(await told).toMatchObject({ allowed: true });
      expect(await world.holders()).toEqual(holders);
    }
  });

  it("goes on with what an earlier call has left, or gives it back where it may not", async () => {
    const world = deployWorld();
    holdOn(world, ANZ, DEPLOYMENT);
    expect((await begin(world)).held).toEqual(STREAMS);
    const other = deployWorld();
    holdOn(other, ANZ, DEPLOYMENT);
    other.calendar = async () => ({ state: "CLOSED" });
    expect(codes(await begin(other))).toEqual(["CalendarClosed"]);
    expect(await other.holders()).toEqual(NOBODY);
  });

  it("is refused where another call of the same deployment gives back what this one takes", async () => {
    const world = deployWorld();
    const ledger = failing(
      world.ledger,
      "writeStream",
      async ({ reach }) => {
        await end(world);
        return reach();
      },
      3,
    );
    const told = await begin(world, { ledger });
    expect(told.reasons).toEqual([
      {
        code: "DeployInProgress",
        text: `another call of deployment ${DEPLOYMENT} has given back what this one took`,
      },
    ]);
    expect(await world.holders()).toEqual(NOBODY);
  });

  it("holds the streams of a first deployment too, whatever calendar and schedules say", async () => {
    const world = deployWorld();
    for (const status of [undefined, "ROLLBACK_COMPLETE"]) {
      world.status = status;
      world.calendar = async () => Promise.reject(sdkError("AccessDeniedException"));
      const told = await begin(world, { schedules: true });
      expect(told).toMatchObject({ allowed: true, firstDeployment: true, held: STREAMS });
      await end(world);
    }
  });

  it.each([
    ["calendar", "CalendarUnreadable"],
    ["ledger", "LedgerUnreadable"],
  ] as const)("is refused where the %s cannot be read", async (what, code) => {
    const world = deployWorld();
    const denied = lost(sdkError("AccessDeniedException"));
    if (what === "calendar") world.calendar = async () => Promise.reject(sdkError("AccessDeniedException"));
    const ledger =
      what === "ledger"
        ? failing(world.ledger, "readStream", denied)
        : failing(world.ledger, "readClosings", denied);
    const told = await begin(world, { ledger });
    expect(codes(told)).toEqual([code]);
    expect(told.held).toEqual([]);
    expect(await world.holders()).toEqual(NOBODY);
  });
});

describe("beginning under an override", () => {
  const under = (world: DeployWorld, override: string, over: Partial<DeployPorts>) =>
    deployGate(
      { action: "begin", deployment: DEPLOYMENT, by: "ci", override },
      world.ports(over),
    ) as Promise<Begun>;
  const closed = () => {
    const world = deployWorld();
    world.calendar = async () => ({ state: "CLOSED" });
    const id = lockedBy(world, CBA);
    world.executions.set(id, "FAILED");
    return world;
  };

  it("reaches a failed batch in a closed calendar with a start that is due, and the holds and the trail name it", async () => {
    const world = closed();
    const { id, ledger } = overridden(world);
    const told = await under(world, id, { ledger, schedules: true });
    expect(told).toMatchObject({ allowed: true, reasons: [], overrideId: id, held: STREAMS });
    expect((await world.item(CBA))?.deploying).toEqual({
      id: DEPLOYMENT,
      at: AT,
      by: "ci",
      override: id,
      streams: STREAMS,
    });
    expect((await world.ledger.readStreamEvents(CBA)).map(({ reason }) => reason)).toEqual([
      `deployment ${DEPLOYMENT} under ${id}`,
    ]);
    expect(world.lines.at(-1)).toMatchObject({ outcome: "begun", override: id });
    // Asked again when the override has run out, it is over.
    world.now = (OVERRIDDEN_UNTIL + 1) as Instant;
    const again = await under(world, id, { ledger });
    expect(codes(again)).toEqual(["OverrideInvalid", "BatchOpen", "CalendarClosed"]);
    expect(await world.holders()).toEqual(NOBODY);
  });

  it("is refused where it does not count: run out, by one person, without a reason, or approved by nobody", async () => {
    const world = closed();
    const valid = overridden(world);
    const cases: [string, ReturnType<typeof overridden>, number][] = [
      ["run out", valid, OVERRIDDEN_UNTIL + 1],
      ["by one person", overridden(world, {}, "ann"), MORNING],
      ["without a reason", overridden(world, { reason: "" }), MORNING],
      ["approved by nobody", { ...valid, ledger: world.ledger }, MORNING],
    ];
    for (const [what, { id, ledger }, now] of cases) {
      world.now = now as Instant;
      const told = await under(world, id, { ledger });
      expect(codes(told), what).toEqual(["OverrideInvalid", "BatchOpen", "CalendarClosed"]);
      expect(told).not.toHaveProperty("overrideId");
      expect(await world.holders(), what).toEqual(NOBODY);
    }
    world.now = OVERRIDDEN_UNTIL;
    expect((await under(world, valid.id, { ledger: valid.ledger })).allowed).toBe(true);
  });

  it("never reaches a batch whose execution runs, also not one that is driven again while it begins", async () => {
    const world = closed();
    const { id, ledger } = overridden(world);
    const [name] = world.executions.keys();
    const driven = failing(
      ledger,
      "writeStream",
      async ({ reach }) => {
        world.executions.set(name ?? "", "RUNNING");
        return reach();
      },
      2,
    );
    expect(codes(await under(world, id, { ledger: driven }))).toEqual(["BatchOpen"]);
    expect(await world.holders()).toEqual(NOBODY);
    expect(codes(await under(world, id, { ledger }))).toEqual(["BatchOpen"]);
    world.executions.clear();
    expect(codes(await under(world, id, { ledger }))).toEqual(["BatchOpen"]);
  });

  it("is refused where the failed batch acquires its lock again while it begins", async () => {
    const world = closed();
    const { id, ledger } = overridden(world);
    const acquired = failing(ledger, "createStreamEvent", async ({ reach }) => {
      const item = (await world.item(CBA)) as StreamItem;
      world.ledger.putStream({ ...item, version: item.version + 1, fence: item.fence + 1 });
      return reach();
    });
    const told = await under(world, id, { ledger: acquired });
    expect(told.reasons.map(({ text }) => text)).toEqual([
      `batch ${CBA}-2026-10-06-01 has acquired the lock of stream ${CBA} meanwhile`,
    ]);
    expect(await world.holders()).toEqual(NOBODY);
  });
});

describe("what can go wrong in beginning", () => {
  const error = sdkError("TimeoutError");

  it("a lost answer is read back, and it holds every stream", async () => {
    for (const nth of [1, 2, 3]) {
      const world = deployWorld();
      const ledger = failing(world.ledger, "writeStream", answerLost(error), nth);
      expect((await begin(world, { ledger })).held, `write ${nth}`).toEqual(STREAMS);
      expect(await world.holders()).toEqual(EVERYWHERE);
    }
  });

  it("a store that fails on a later stream leaves none held, and the error is told", async () => {
    const world = deployWorld();
    let writes = 0;
    const ledger = failing(
      world.ledger,
      "writeStream",
      async ({ reach }) => {
        writes += 1;
        if (writes >= 3 && writes < 9) throw error;
        return reach();
      },
      "always",
    );
    await expect(begin(world, { ledger })).rejects.toBe(error);
    expect(await world.holders()).toEqual(NOBODY);
  });

  it("a write that lands after its caller has given up puts no hold that nobody takes off", async () => {
    const world = deployWorld();
    const late = new LateCalls();
    let writes = 0;
    const mishap: Mishap = (call) => {
      writes += 1;
      return writes >= 2 && writes < 8 ? late.late(error)(call) : call.reach();
    };
    const ledger = failing(world.ledger, "writeStream", mishap, "always");
    await expect(begin(world, { ledger })).rejects.toBe(error);
    expect(await late.land()).toBe(6);
    expect(await world.holders()).toEqual(NOBODY);
  });

  it("a give-back that fails on one stream is tried on all, and then told", async () => {
    const world = deployWorld();
    holdOn(world, NAB, OTHER_DEPLOYMENT);
    let writes = 0;
    const mishap: Mishap = ({ reach }) => {
      writes += 1;
      // Two are taken, and the first one that is given back fails every time.
      if (writes >= 3 && writes < 9) throw error;
      return reach();
    };
    const ledger = failing(onceStale(world, NAB), "writeStream", mishap, "always");
    await expect(begin(world, { ledger })).rejects.toBe(error);
    expect(await world.holders()).toEqual([undefined, DEPLOYMENT, OTHER_DEPLOYMENT]);
    expect(await end(world)).toEqual({ deployment: DEPLOYMENT, freed: [CBA] });
    expect(await world.holders()).toEqual([undefined, undefined, OTHER_DEPLOYMENT]);
  });

  it("a ledger that cannot be read when all is held leaves none held", async () => {
    const world = deployWorld();
    let all = false;
    const ledger = failing(
      world.ledger,
      "readStream",
      async ({ reach }) => {
        const held = (await world.holders()).every((id) => id === DEPLOYMENT);
        if (!held || all) return reach();
        all = true;
        throw error;
      },
      "always",
    );
    expect(codes(await begin(world, { ledger }))).toEqual(["LedgerUnreadable"]);
    expect(await world.holders()).toEqual(NOBODY);
  });
});

describe("ending", () => {
  it("frees every stream that the deployment holds, in reverse, and may be repeated", async () => {
    const world = deployWorld();
    await begin(world);
    world.counts.splice(0);
    const wrote: string[] = [];
    const told = await deployGate(
      { action: "end", deployment: DEPLOYMENT, by: "ann", reason: "the job was killed" },
      world.ports({ ledger: watchedWrites(world, wrote) }),
    );
    expect(told).toEqual({ deployment: DEPLOYMENT, freed: STREAMS });
    expect(wrote.filter((one) => one.startsWith("writeStream"))).toEqual(
      [NAB, CBA, ANZ].map((name) => `writeStream ${name}`),
    );
    expect(await world.item(CBA)).toEqual(
      streamItem({ stream: CBA, version: 2, fence: 0, nonce: "nonce-2" }),
    );
    expect((await world.ledger.readStreamEvents(CBA)).at(-1)).toMatchObject({
      action: "deploy end",
      by: "ann",
      reason: `deployment ${DEPLOYMENT}: the job was killed`,
    });
    expect(world.counts).toEqual(STREAMS.map((name) => ["DeployEnded", name]));
    expect(world.lines.at(-1)).toMatchObject({ outcome: "ended", freed: STREAMS.join(",") });
    expect(await end(world)).toEqual({ deployment: DEPLOYMENT, freed: [] });
    expect(await world.ledger.readStreamEvents(CBA)).toHaveLength(2);
  });

  it("frees no stream before one that is configured no more, which only the others know of", async () => {
    const world = deployWorld({}, [ANZ]);
    for (const name of [ANZ, CBA]) holdOn(world, name, DEPLOYMENT, [ANZ, CBA]);
    const denied = failing(world.ledger, "createStreamEvent", lost(sdkError("AccessDeniedException")), 1);
    await expect(end(world, { ledger: denied })).rejects.toThrow("AccessDeniedException");
    expect((await world.item(ANZ))?.deploying?.id).toBe(DEPLOYMENT);
    expect(await end(world)).toEqual({ deployment: DEPLOYMENT, freed: [ANZ, CBA] });
  });

  it("frees nothing of another deployment, and nothing where nothing is held", async () => {
    const world = deployWorld();
    expect(await end(world)).toEqual({ deployment: DEPLOYMENT, freed: [] });
    await begin(world, {}, OTHER_DEPLOYMENT);
    expect(await end(world)).toEqual({ deployment: DEPLOYMENT, freed: [] });
    expect(await world.holders()).toEqual([OTHER_DEPLOYMENT, OTHER_DEPLOYMENT, OTHER_DEPLOYMENT]);
  });

  it("frees the others where one cannot be read or written, tells the fault, and frees the rest when repeated", async () => {
    for (const method of ["readStream", "writeStream"] as const) {
      const world = deployWorld();
      await begin(world);
      const broken = failing(
        world.ledger,
        method,
        async ({ args, reach }) => {
          const [what] = args as [string | { stream: string }];
          if ((typeof what === "string" ? what : what.stream) === CBA) throw sdkError("TimeoutError");
          return reach();
        },
        "always",
      );
      await expect(end(world, { ledger: broken })).rejects.toThrow("the service says TimeoutError");
      expect(await world.holders()).toEqual([undefined, DEPLOYMENT, undefined]);
      expect(world.lines.at(-1)).toMatchObject({ outcome: "not ended everywhere", freed: `${ANZ},${NAB}` });
      expect(await end(world)).toEqual({ deployment: DEPLOYMENT, freed: [CBA] });
    }
  });

  it("frees a stream that the deployment has taken out of the configuration, before it forgets which one it was", async () => {
    const world = deployWorld();
    await begin(world);
    const smaller = deployWorld({}, [ANZ, NAB]).ports().configuration;
    const failingOnce = failing(world.ledger, "writeStream", lost(sdkError("TimeoutError")), "always");
    await expect(end(world, { configuration: smaller, ledger: failingOnce })).rejects.toThrow("TimeoutError");
    expect(await world.holders()).toEqual(EVERYWHERE);
    expect(await end(world, { configuration: smaller })).toEqual({ deployment: DEPLOYMENT, freed: STREAMS });
    expect(await world.holders()).toEqual(NOBODY);
    // The dimension of a metric is a stream that there is.
    expect(world.counts.filter(([name]) => name === "DeployEnded").map(([, stream]) => stream)).toEqual([
      ANZ,
      NAB,
    ]);
  });
});

/** The ledger as it is, with the writes noted by method and stream. */
function watchedWrites(world: DeployWorld, wrote: string[], over = world.ledger as DeployPorts["ledger"]) {
  let ledger = over;
  for (const method of ["writeStream", "createStreamEvent"] as const) {
    ledger = failing(
      ledger,
      method,
      async ({ args, reach }) => {
        wrote.push(`${method} ${(args[0] as { stream: string }).stream}`);
        return reach();
      },
      "always",
    );
  }
  return ledger;
}

/** The ledger, whose first answer about a stream was true a moment ago: the stream had no item then. */
function onceStale(world: DeployWorld, stream: string): DeployPorts["ledger"] {
  let first = true;
  return failing(
    world.ledger,
    "readStream",
    async ({ args, reach }) => {
      if (args[0] !== stream || !first) return reach();
      first = false;
      return undefined;
    },
    "always",
  );
}
