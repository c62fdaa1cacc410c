import { rm } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { callerOf } from "../../../infra/deploy/caller.ts";
import { checkStage } from "../../../infra/deploy/check-stage.ts";
import { endDeployment } from "../../../infra/deploy/end-deployment.ts";
import { isFirstDeployment } from "../../../infra/deploy/first-deployment.ts";
import { ACCOUNT, type Answer, AwsEndpoint, REGION } from "./aws-endpoint.ts";
import { allowed, deploymentFolder, ended, refused, surroundings } from "./deployment-test.ts";

const OVERRIDE = `override.${"0f".repeat(16)}`;
const ID = "deploy-20260302-030000-0a1b2c3d";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-deploy-role-${ACCOUNT}-${REGION}`;

let folder: string;
let endpoint: AwsEndpoint;
beforeAll(async () => {
  folder = await deploymentFolder();
});
beforeEach(async () => {
  endpoint = await AwsEndpoint.open();
  return () => endpoint.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(...args: string[]) {
  const { own, printed, told } = surroundings(folder, endpoint);
  const code = await checkStage(args, own);
  return { code, printed: printed(), told: told() };
}
const checked = async (answer: Answer) => {
  endpoint.gate = () => answer;
  const { code, printed } = await check("--stage", "prod", "--json");
  return { code, object: JSON.parse(printed) as Record<string, unknown> };
};

describe("a check", () => {
  it("asks the stage's own function as the caller, and tells its decision as one object", async () => {
    const { code, object } = await checked(refused(["BatchOpen"]));
    expect(code).toBe(3);
    expect(object).toEqual({
      stage: "prod",
      allowed: false,
      firstDeployment: false,
      checkedAt: "2026-03-02T03:00:00.000Z",
      reasons: [{ code: "BatchOpen", text: "words of BatchOpen" }],
      nextOpening: "2026-03-02T07:00:00.000Z",
    });
    expect(endpoint.arrived).toEqual(["check debit-once-prod-deploy-gate"]);
    expect(endpoint.events).toEqual([{ action: "check" }]);
    expect(endpoint.keys["lambda"]).toBe("CALLER");
  });

  it("tells people what speaks against it, until when, and the next opening", async () => {
    endpoint.gate = () =>
      refused([], {
        reasons: [
          { code: "CalendarClosed", text: "the calendar is closed", until: "2026-03-02T06:00:00Z" },
          { code: "BatchDue", text: "au-cba starts soon" },
        ],
      });
    const { code, printed } = await check("--stage", "dev");
    expect(code).toBe(3);
    expect(printed).toBe(
      [
        `dev  must not be deployed: ${ACCOUNT} ${REGION}, at 2026-03-02T03:00:00.000Z`,
        "  CalendarClosed  the calendar is closed (until 2026-03-02T06:00:00Z)",
        "  BatchDue        au-cba starts soon",
        "  next opening: 2026-03-02T07:00:00.000Z",
        "",
      ].join("\n"),
    );
  });

  it("passes the override on, and says under which one it is allowed", async () => {
    endpoint.gate = () => allowed({ overrideId: OVERRIDE });
    const { code, printed } = await check("--stage", "prod", "--override", OVERRIDE);
    expect(code).toBe(0);
    expect(printed).toContain(`under the override ${OVERRIDE}`);
    expect(endpoint.events).toEqual([{ action: "check", override: OVERRIDE }]);
  });

  it.each([
    [["CalendarUnreadable"], 1],
    [["LedgerUnreadable", "CalendarUnreadable"], 1],
    [["CalendarUnreadable", "BatchOpen"], 3],
    [["DeployInProgress"], 3],
    [["OverrideInvalid"], 3],
    [["SomethingNewer"], 3],
  ])("that is answered %j ends with exit code %i", async (codes, code) => {
    expect((await checked(refused(codes))).code).toBe(code);
  });

  it.each<[string, Answer]>([
    ["nothing", { payload: "" }],
    ["null", { payload: "null" }],
    ["no JSON", { payload: "<html>" }],
    ["yes", { payload: "true" }],
    ["allowed and nothing else", { payload: '{"allowed":true}' }],
    ["allowed in words", allowed({ allowed: "true" })],
    ["a refusal without a reason", allowed({ allowed: false })],
    ["an instant that is none", allowed({ checkedAt: "now" })],
    ["what the function threw", { thrown: "LedgerBroken" }],
    ["that the caller may not", { status: 403, code: "AccessDeniedException" }],
  ])("that is answered with %s could not decide, and says so in the same fields", async (_, answer) => {
    const { code, object } = await checked(answer);
    expect(code).toBe(1);
    expect(object).toMatchObject({ stage: "prod", allowed: false, firstDeployment: false, reasons: [] });
    expect(object["error"]).toMatchObject({ message: expect.any(String) });
    const forPeople = await check("--stage", "prod");
    expect(forPeople).toMatchObject({ code: 1, printed: "" });
    expect(forPeople.told).toMatch(/^Could not decide, which is the same as refused: .+\n$/);
  });

  it("tells no next opening where it is not the time that speaks against it", async () => {
    endpoint.gate = () => refused(["BatchOpen"], { nextOpening: null });
    expect((await check("--stage", "prod")).printed).toMatch(/words of BatchOpen\n$/);
  });

  it("asks again where the answer is lost", async () => {
    let calls = 0;
    endpoint.gate = () => ((calls += 1) === 1 ? "lost" : allowed());
    expect((await check("--stage", "dev")).code).toBe(0);
    expect(endpoint.arrived).toHaveLength(2);
  });
});

describe("a check where there is no DeployGate", () => {
  it.each([[undefined], ["REVIEW_IN_PROGRESS"], ["ROLLBACK_COMPLETE"], ["DELETE_COMPLETE"]])(
    "is of a first deployment where the billing stack is %s, and says so",
    async (status) => {
      endpoint.billing = status === undefined ? {} : { status };
      const { code, printed } = await check("--stage", "prod", "--json");
      expect(code).toBe(0);
      expect(JSON.parse(printed)).toEqual({
        stage: "prod",
        allowed: true,
        firstDeployment: true,
        checkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        reasons: [],
        nextOpening: null,
      });
      expect((await check("--stage", "prod")).printed).toContain("FIRST DEPLOYMENT");
      expect(endpoint.arrived.slice(0, 3)).toEqual([
        "check: no function",
        `assume ${ROLE}`,
        "describe DebitOnce-prod-Billing",
      ]);
      expect(endpoint.keys).toEqual({ lambda: "CALLER", cloudformation: "CDKROLE" });
    },
  );

  it.each([
    "CREATE_COMPLETE",
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS",
    "DELETE_FAILED",
    "SOMETHING_NEW",
  ])("could not decide where the billing stack is %s", async (status) => {
    endpoint.billing = { status };
    const { code, told } = await check("--stage", "prod");
    expect(code).toBe(1);
    expect(told).toContain("no DeployGate");
  });

  it.each([["InvalidClientTokenId"], ["AccessDenied"], ["ValidationError"]])(
    "could not decide where CloudFormation answers %s",
    async (error) => {
      endpoint.billing = { error };
      expect((await check("--stage", "prod")).code).toBe(1);
    },
  );

  it("could not decide where the CDK's deploy role cannot be assumed", async () => {
    endpoint.bootstrapped = false;
    expect((await check("--stage", "prod")).code).toBe(1);
    expect(endpoint.arrived).toEqual(["check: no function", `assume ${ROLE}`]);
  });

  it("is broken off by a signal while CloudFormation is asked", async () => {
    const { own } = surroundings(folder, endpoint);
    const caller = await callerOf(own.aws);
    const controller = new AbortController();
    // Before the answer can be read, which takes another turn of the event loop.
    void endpoint.seen("describe").then(() => controller.abort(new Error("interrupted by SIGINT")));
    const asked = isFirstDeployment("prod", own.aws, caller, controller.signal);
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
    expect(endpoint.arrived).toEqual([`assume ${ROLE}`, "describe DebitOnce-prod-Billing"]);
  });

  it("could not decide under an override, which nothing can read", async () => {
    const { code, told } = await check("--stage", "prod", "--override", OVERRIDE);
    expect(code).toBe(1);
    expect(told).toContain("a first deployment needs none");
  });
});

describe("deploy:end", () => {
  async function end(...args: string[]) {
    const { own, printed, told } = surroundings(folder, endpoint);
    const code = await endDeployment(args, own);
    return { code, printed: printed(), told: told() };
  }
  const KILLED = ["--stage", "prod", "--deployment", ID, "--reason", "its runner was lost"];

  it("frees what a killed deployment holds, in the caller's name and for a reason", async () => {
    endpoint.gate = ({ deployment }) => ended(deployment);
    expect(await end(...KILLED)).toEqual({
      code: 0,
      printed: `${ID}  ended; free again: au-cba, au-nab, au-wbc\n`,
      told: "",
    });
    expect(endpoint.events).toEqual([
      { action: "end", deployment: ID, by: "deploy/github-7", reason: "its runner was lost" },
    ]);
  });

  it.each([
    ["user/ops/anna", "ops/anna"],
    ["root", "root"],
    [`assumed-role/${"r".repeat(60)}/github-7`, "github-7"],
    [`assumed-role/r/${"s".repeat(64)}`, "s".repeat(64)],
  ])("names the caller %s in at most 64 characters", async (caller, by) => {
    endpoint.caller = caller;
    endpoint.gate = ({ deployment }) => ended(deployment);
    expect((await end(...KILLED)).code).toBe(0);
    expect(endpoint.events).toMatchObject([{ by }]);
  });

  it("asks nothing where AWS does not say who the caller is", async () => {
    endpoint.caller = "";
    endpoint.gate = ({ deployment }) => ended(deployment);
    expect((await end(...KILLED)).code).toBe(1);
    expect(endpoint.events).toEqual([]);
  });

  it("says so where that deployment holds nothing", async () => {
    endpoint.gate = () => ({ payload: JSON.stringify({ deployment: ID, freed: [] }) });
    expect(await end(...KILLED)).toMatchObject({ code: 0, printed: `${ID}  held nothing any more\n` });
  });

  it.each<[string, Answer]>([
    ["another deployment", ended("deploy-20260302-030000-ffffffff")],
    ["nonsense", { payload: "{}" }],
    ["what the function threw", { thrown: "LedgerBusy" }],
  ])("does not believe an answer that is %s", async (_, answer) => {
    endpoint.gate = () => answer;
    expect(await end(...KILLED)).toMatchObject({ code: 1, printed: "" });
  });

  it("could not do it where there is no function, and speaks of no decision", async () => {
    const { code, told } = await end(...KILLED);
    expect(code).toBe(1);
    expect(told).toMatch(new RegExp(`^Could not end, so what ${ID} held may still be held: .+\\n$`));
  });

  it("tells its own exit codes: nothing can be refused", async () => {
    const { code, printed } = await end("--help");
    expect(code).toBe(0);
    expect(printed).toContain("exit codes: 0 ");
    expect(printed).not.toMatch(/refused|decide|\b3\b/);
  });

  it("asks nothing without a region, and says where one is set", async () => {
    const { own, told } = surroundings(folder, endpoint);
    const region = () => Promise.reject(new Error("Region is missing"));
    expect(await endDeployment(KILLED, { ...own, aws: { ...own.aws, region } })).toBe(1);
    expect(told()).toMatch(/^Could not end, .+: no region is set: name one in AWS_REGION\n$/);
    expect(endpoint.arrived).toEqual([]);
  });
});
