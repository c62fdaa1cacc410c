import { describe, expect, it } from "vitest";
import { ApprovalRefused, ProposalUnknown, RequestMalformed } from "../../lambdas/domain/faults.ts";
import { overrideOf } from "../../lambdas/domain/override.ts";
import { proposalId } from "../../lambdas/domain/proposal.ts";
import type { OverrideProposal } from "../../lambdas/domain/records.ts";
import { approve } from "../../lambdas/operations/approve/approve.ts";
import { propose, type ProposeEvent } from "../../lambdas/operations/propose/propose.ts";
import { requestToPropose } from "../../lambdas/operations/propose/request.ts";
import { showOverrides } from "../../lambdas/operations/show-overrides/show-overrides.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { sha256OfText } from "../../lambdas/proposal-hash.ts";
import { AT, configuration, MORNING, stream } from "../builders.ts";
import { answerLost, dying, failing, intercepted, lost, sdkError } from "../port-faults.ts";
import { memory, type World, worldOn } from "../world.ts";

const MINUTE = 60_000;
const at = (minutes: number) => new Date(MORNING + minutes * MINUTE).toISOString();

type Asked = Extract<ProposeEvent, { action: "override-blackout" }>;

const asked = (over: Partial<Asked> = {}): Asked => ({
  action: "override-blackout",
  ticket: "OPS-7",
  minutes: 30,
  reason: "the close of a batch throws",
  by: "ann",
  ...over,
});
const proposed = (world: World, over: Partial<Asked> = {}) => propose(asked(over), world.ports());
const approved = (world: World, proposal: string, by = "bob") => approve({ proposal, by }, world.ports());
/** What the gate would make of it, as the world's clock stands. */
const judged = async (world: World, id: string) => {
  const { proposals, approvals } = await world.ledger.readOverrides();
  return overrideOf(id, proposals, approvals, new Date(world.now).toISOString(), sha256OfText);
};
const shown = (world: World) => showOverrides({}, world.ports());
const trail = async (world: World) =>
  (await world.ledger.readOverrideEvents()).map(({ action, by }) => `${by}: ${action}`).toSorted();

describe("proposing to override the deploy blackout", () => {
  it("keeps the ticket, for how long, by whom and why, and is told, counted for every stream, and in the trail", async () => {
    const world = worldOn(memory());
    const settings = configuration(world.stream, stream({ name: "another" }));
    const answer = await propose(asked(), world.ports({ configuration: settings }));
    expect(answer).toEqual({ ...asked(), id: answer.id, at: AT, until: at(60) });
    expect(answer.id).toMatch(/^override\.[0-9a-f]{32}$/);
    expect(await world.ledger.readOverrides()).toEqual({
      proposals: [{ ...asked(), id: answer.id, at: AT }],
      approvals: [],
    });
    expect(await world.ledger.readOverrideEvents()).toMatchObject([
      { action: `propose ${answer.id}`, by: "ann", reason: "the close of a batch throws", at: AT },
    ]);
    expect(world.lines).toEqual([
      {
        state: "Propose",
        nonce: expect.any(String),
        outcome: answer.id,
        proposed: "override the deploy blackout for 30 minutes on ticket OPS-7",
        by: "ann",
      },
    ]);
    expect(world.counts).toEqual([world.stream.name, "another"].map((name) => ["Proposed", name]));
    expect(await judged(world, answer.id)).toEqual({ invalid: `no second person has approved ${answer.id}` });
  });

  it.each([
    ["a reason", { reason: "" }],
    ["a reason without a bank account", { reason: "062-000 12345678" }],
    ["a ticket", { ticket: "" }],
    ["a ticket without a bank account", { ticket: "062-000-12345678" }],
    ["at least a minute", { minutes: 0 }],
    ["an hour at most", { minutes: 61 }],
    ["whole minutes", { minutes: 0.5 }],
  ])("is refused without %s, by the function and by what it lets in", async (_what, over) => {
    const world = worldOn(memory());
    await expect(proposed(world, over)).rejects.toThrow(RequestMalformed);
    expect(await world.ledger.readOverrides()).toEqual({ proposals: [], approvals: [] });
    expect(await trail(world)).toEqual([]);
    const { by: _by, ...body } = asked(over);
    expect(requestToPropose.safeParse(body).success).toBe(false);
  });

  it("is asked in one form, which names no batch and no person", () => {
    const { by: _by, ...body } = asked();
    expect(requestToPropose.parse(body)).toEqual(body);
    for (const more of [{ batchId: "au-cba-2026-03-02-01" }, { by: "bob" }, { stage: "prod" }]) {
      expect(requestToPropose.safeParse({ ...body, ...more }).success).toBe(false);
    }
  });

  it("meets its own write when the answer to it was lost, and later is another proposal", async () => {
    const world = worldOn(memory());
    const ports = world.ports();
    const ledger = failing(ports.ledger, "createProposal", answerLost(sdkError("TimeoutError")));
    await expect(propose(asked(), { ...ports, ledger })).rejects.toThrow("TimeoutError");
    const { id } = await proposed(world);
    expect((await world.ledger.readOverrides()).proposals).toMatchObject([{ id }]);
    world.now = (MORNING + MINUTE) as Instant;
    expect((await proposed(world)).id).not.toBe(id);
  });
});

describe("approving an override", () => {
  it("is a second person's yes, from which on it holds for its minutes", async () => {
    const world = worldOn(memory());
    const { id } = await proposed(world);
    world.now = (MORNING + 60 * MINUTE) as Instant;
    expect(await approved(world, id)).toEqual({
      proposal: id,
      decided: "override the deploy blackout for 30 minutes on ticket OPS-7",
      proposedBy: "ann",
      approvedBy: "bob",
      at: at(60),
      until: at(90),
    });
    const { reason, ticket } = asked();
    const holds = { id, proposedBy: "ann", approvedBy: "bob", ticket, reason, until: at(90) };
    expect(await judged(world, id)).toEqual(holds);
    expect(await trail(world)).toEqual([
      `ann: propose ${id}`,
      `bob: approve ${id}`,
      `bob: asks to approve ${id}`,
    ]);
    expect(world.counts).toEqual(
      ["Proposed", "OverrideApproved", "Approved"].map((name) => [name, world.stream.name]),
    );
    expect(world.lines.at(-1)).toMatchObject({ state: "Approve", outcome: id, by: "bob" });
    expect(world.lines.at(-1)).not.toHaveProperty("batchId");
    world.now = (MORNING + 90 * MINUTE + 1) as Instant;
    expect(await judged(world, id)).toEqual({ invalid: `${id} has expired, at ${at(90)}` });
  });

  it("is refused to the person who proposed it, however the name is written, and overrides nothing", async () => {
    const world = worldOn(memory());
    const { id } = await proposed(world);
    for (const by of ["ann", "ANN", " Ann "]) {
      await expect(approved(world, id, by)).rejects.toThrow(ApprovalRefused);
      await expect(approved(world, id, by)).rejects.toThrow(/proposed themselves, in whichever role/);
    }
    expect((await world.ledger.readOverrides()).approvals).toEqual([]);
    expect(world.counts.map(([name]) => name)).toEqual(["Proposed"]);
    expect(await judged(world, id)).toHaveProperty("invalid");
  });

  it("is refused a moment after the hour, in another stage, and for an id that nobody has proposed", async () => {
    const [world, otherStage] = [worldOn(memory()), worldOn(memory())];
    const { id } = await proposed(world);
    for (const wrong of [`override.${"0".repeat(32)}`, `${id}0`, "override", `x.${id}`]) {
      await expect(approved(world, wrong), wrong).rejects.toThrow(ProposalUnknown);
    }
    await expect(approved(otherStage, id)).rejects.toThrow(ProposalUnknown);
    expect(await judged(otherStage, id)).toEqual({ invalid: `the ledger of this stage has no ${id}` });
    world.now = (MORNING + 60 * MINUTE + 1) as Instant;
    await expect(approved(world, id)).rejects.toThrow(/within 60 minutes/);
    expect(await trail(world)).toEqual([`ann: propose ${id}`]);
  });

  it("is refused for what could never count, or is not what its id was made from, whoever has written it", async () => {
    const world = worldOn(memory());
    const { by, action, ticket, reason } = asked();
    const written = { by, action, ticket, reason, minutes: 600, at: AT };
    const long: OverrideProposal = { ...written, id: proposalId(written, sha256OfText) };
    const forged: OverrideProposal = { ...written, minutes: 60, id: `override.${"a".repeat(32)}` };
    for (const item of [long, forged]) await world.ledger.createProposal(item);
    await expect(approved(world, long.id)).rejects.toThrow(/can never count: an override holds for 1 to 60/);
    await expect(approved(world, forged.id)).rejects.toThrow(/not what its id was made from/);
    expect((await world.ledger.readOverrides()).approvals).toEqual([]);
    expect(await trail(world)).toEqual([]);
  });

  it("answers the same to the same person again, does not begin anew by it, and stands against a third one", async () => {
    const world = worldOn(memory());
    const { id } = await proposed(world);
    const first = await approved(world, id);
    world.now = (MORNING + 45 * MINUTE) as Instant;
    expect(await approved(world, id)).toEqual(first);
    expect(await judged(world, id)).toEqual({ invalid: `${id} has expired, at ${at(30)}` });
    await expect(approved(world, id, "carl")).rejects.toThrow(/^bob has approved it already/);
    expect(world.counts).toHaveLength(3);
    expect(await trail(world)).toHaveLength(3);
  });

  it("is found done when its answer was lost, and made when it was lost itself", async () => {
    for (const [mishap, lands] of [
      [answerLost(sdkError("TimeoutError")), true],
      [lost(sdkError("TimeoutError")), false],
    ] as const) {
      const world = worldOn(memory());
      const { id } = await proposed(world);
      const ports = world.ports();
      const ledger = failing(ports.ledger, "createApproval", mishap);
      const first = approve({ proposal: id, by: "bob" }, { ...ports, ledger });
      if (lands) await expect(first).resolves.toMatchObject({ approvedBy: "bob", at: AT });
      else await expect(first).rejects.toThrow("TimeoutError");
      expect(await approved(world, id)).toMatchObject({ approvedBy: "bob", at: AT, until: at(30) });
    }
  });

  it("never stands untold: trail and alarm know of it first, wherever its process dies", async () => {
    let stood = 0;
    for (let before = 1; before <= 8; before += 1) {
      const world = worldOn(memory());
      const { id } = await proposed(world);
      await approve({ proposal: id, by: "bob" }, dying(world.ports(), before)).catch(() => "dead");
      if ("until" in (await judged(world, id))) {
        stood += 1;
        expect(await trail(world)).toContain(`bob: asks to approve ${id}`);
        expect(world.counts.map(([name]) => name)).toContain("OverrideApproved");
      }
      expect(await approved(world, id)).toMatchObject({ proposal: id, approvedBy: "bob" });
      expect((await trail(world)).filter((line) => line === `bob: approve ${id}`)).toHaveLength(1);
    }
    expect(stood).toBeGreaterThan(1);
  });

  it("has rung before it stands, also where its process dies the moment it has written it", async () => {
    const world = worldOn(memory());
    const { id } = await proposed(world);
    const ports = world.ports();
    let isDead = false;
    const ledger = intercepted(ports.ledger, async ({ method, reach }) => {
      if (isDead) throw new Error("dead");
      const answer = await reach();
      isDead = method === "createApproval";
      if (isDead) throw new Error("dead");
      return answer;
    });
    await expect(approve({ proposal: id, by: "bob" }, { ...ports, ledger })).rejects.toThrow("dead");
    expect(await judged(world, id)).toHaveProperty("until");
    expect(world.counts.map(([name]) => name)).toContain("OverrideApproved");
  });
});

describe("what is shown of overrides", () => {
  it("is each one's standing, newest first, with the trail", async () => {
    const world = worldOn(memory());
    expect(await shown(world)).toEqual({ at: AT, overrides: [], events: [] });
    const first = await proposed(world);
    world.now = (MORNING + MINUTE) as Instant;
    const second = await proposed(world, { ticket: "OPS-8" });
    const both = async () => (await shown(world)).overrides;
    expect(await both()).toEqual([
      { ...asked({ ticket: "OPS-8" }), id: second.id, at: at(1), until: at(61), standing: "open" },
      { ...asked(), id: first.id, at: AT, until: at(60), standing: "open" },
    ]);
    await approved(world, first.id);
    const approval = { by: "bob", at: at(1) };
    expect((await both())[1]).toMatchObject({ standing: "valid", validUntil: at(31), approval });
    world.now = (MORNING + 61 * MINUTE) as Instant;
    expect(await both()).toMatchObject([
      { standing: "open" },
      { standing: "invalid", invalid: `${first.id} has expired, at ${at(31)}`, approval },
    ]);
    world.now = (MORNING + 61 * MINUTE + 1) as Instant;
    expect((await both())[0]).toMatchObject({ standing: "expired" });
    expect((await shown(world)).events).toHaveLength(4);
  });
});
