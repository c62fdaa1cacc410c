import { appendFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkOptions, deployOptions, endOptions } from "../../../infra/deploy/deploy-options.ts";
import { deployStage } from "../../../infra/deploy/deploy-stage.ts";
import { deploymentId } from "../../../infra/deploy/deployment-id.ts";
import { WrongInput } from "../../../infra/wrong-input.ts";
import type { Instant } from "../../../lambdas/ports.ts";
import { ACCOUNT, type Answer, AwsEndpoint, REGION } from "./aws-endpoint.ts";
import {
  allowed,
  assemblyIn,
  begun,
  deploymentFolder,
  ended,
  openGate,
  refused,
  surroundings,
} from "./deployment-test.ts";

const OVERRIDE = `override.${"0f".repeat(16)}`;
const CHECK = "check debit-once-prod-deploy-gate";
const BEGIN = "begin debit-once-prod-deploy-gate";
const END = "end debit-once-prod-deploy-gate";
const ID = /^deploy-\d{8}-\d{6}-[0-9a-f]{8}$/;

let folder: string;
let endpoint: AwsEndpoint;
beforeAll(async () => {
  folder = await deploymentFolder();
});
beforeEach(async () => {
  endpoint = await AwsEndpoint.open();
  endpoint.gate = openGate;
  return () => endpoint.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function deploy(...args: string[]) {
  const { own, told } = surroundings(folder, endpoint);
  const code = await deployStage(["--stage", "prod", "--app", join(folder, "prod"), ...args], own);
  return { code, told: told(), steps: endpoint.arrived.map((line) => line.split(" ").slice(0, 2).join(" ")) };
}
/** Plays a gate that answers one action otherwise. */
const answering = (action: string, answer: Answer) => {
  endpoint.gate = (event) => (event.action === action ? answer : openGate(event));
};
const idOf = (action: string) => endpoint.events.find((event) => event.action === action)?.["deployment"];

describe("a deployment", () => {
  it("is checked, begun, deployed under its own id as change set, and ended, in this order", async () => {
    const { code, told } = await deploy("--override", OVERRIDE);
    expect(code).toBe(0);
    const [checked, began, cdk, over] = endpoint.arrived;
    expect([checked, began, over]).toEqual([CHECK, BEGIN, END]);
    const id = String(idOf("begin"));
    expect(id).toMatch(ID);
    const app = join(folder, "prod");
    expect(cdk).toBe(
      `cdk deploy --all --app ${app} --change-set-name ${id} --require-approval never in ${REGION}`,
    );
    const by = "deploy/github-7";
    expect(endpoint.events).toEqual([
      { action: "check", override: OVERRIDE },
      { action: "begin", deployment: id, by, override: OVERRIDE },
      { action: "end", deployment: id, by, reason: "cdk deploy ended with exit code 0" },
    ]);
    expect(told).toContain("held: au-cba, au-nab, au-wbc");
  });

  it.each<[string, Answer, number]>([
    ["refused", refused(["BatchOpen"]), 3],
    ["unreadable", refused(["LedgerUnreadable"]), 1],
    ["nonsense", { payload: '{"allowed":"yes"}' }, 1],
    ["an error", { thrown: "Error" }, 1],
  ])("whose check is answered with %s holds nothing and runs no cdk", async (_, answer, code) => {
    answering("check", answer);
    expect(await deploy()).toMatchObject({ code });
    expect(endpoint.arrived).toEqual([CHECK]);
  });

  it("is decided by begin, whatever the check has said before", async () => {
    answering("begin", refused(["BatchOpen"], { deployment: "?", held: [] }));
    endpoint.gate = (event) =>
      event.action === "begin"
        ? refused(["BatchOpen"], { deployment: event["deployment"], held: [] })
        : openGate(event);
    const { code, told } = await deploy();
    expect(code).toBe(3);
    expect(told).toContain("words of BatchOpen");
    expect(endpoint.arrived).toEqual([CHECK, BEGIN]);
  });

  it("asks begin once, also where its answer is lost: two calls could give back what the other has taken", async () => {
    endpoint.gate = (event) => (event.action === "begin" ? "lost" : openGate(event));
    expect((await deploy()).code).toBe(1);
    expect(endpoint.arrived).toEqual([CHECK, BEGIN, END]);
    expect(idOf("end")).toBe(idOf("begin"));
  });

  it.each<[string, (id: unknown) => Answer]>([
    ["an error, after which it may hold some streams", () => ({ thrown: "LedgerBusy" })],
    ["no answer at all", () => "lost"],
    ["nonsense", () => ({ payload: "[]" })],
    ["allowed without a stream", (deployment) => allowed({ deployment, held: [] })],
    ["refused with a stream", (deployment) => refused(["BatchDue"], { deployment, held: ["au-cba"] })],
    ["an answer for another deployment", () => begun("deploy-20260302-030000-ffffffff")],
  ])("whose begin ends in %s runs no cdk, and frees its own id", async (_, answer) => {
    endpoint.gate = (event) => (event.action === "begin" ? answer(event["deployment"]) : openGate(event));
    const { code, told } = await deploy();
    expect(code).toBe(1);
    expect(told).toContain("The deployment has failed");
    expect(endpoint.arrived.filter((line) => line.startsWith("cdk"))).toEqual([]);
    expect(endpoint.arrived.at(-1)).toBe(END);
    expect(idOf("end")).toBe(idOf("begin"));
  });

  it("whose cdk fails is ended, and has failed", async () => {
    endpoint.cdk = async () => "7";
    expect(await deploy()).toMatchObject({ code: 1 });
    expect(endpoint.arrived.at(-1)).toBe(END);
    expect(endpoint.events.at(-1)).toMatchObject({ reason: "cdk deploy ended with exit code 7" });
  });

  it("whose cdk cannot even be started is ended, and has failed", async () => {
    const { own, told } = surroundings(folder, endpoint);
    const args = ["--stage", "prod", "--app", join(folder, "prod")];
    expect(await deployStage(args, { ...own, env: { ...own.env, PATH: folder } })).toBe(1);
    expect(told()).toContain("spawn cdk ENOENT");
    expect(endpoint.arrived).toEqual([CHECK, BEGIN, END]);
  });

  it.each<[string, Answer]>([
    ["an error", { thrown: "LedgerBusy" }],
    ["nonsense", { payload: "null" }],
    ["an answer for another deployment", ended("deploy-20260302-030000-ffffffff")],
    ["no answer", "lost"],
  ])("that cannot be ended for %s has failed, and says how to end it by hand", async (_, answer) => {
    answering("end", answer);
    const { code, told } = await deploy();
    expect(code).toBe(1);
    const byHand = `npm run deploy:end -- --stage prod --deployment ${String(idOf("begin"))} --reason "…"`;
    expect(told).toContain(`End it by hand:\n  ${byHand}\n`);
  });

  it("says where somebody else has ended it meanwhile", async () => {
    endpoint.gate = (event) =>
      event.action === "end"
        ? { payload: JSON.stringify({ deployment: event["deployment"], freed: [] }) }
        : openGate(event);
    expect((await deploy()).told).toContain("held nothing any more");
  });

  it("leaves its id where it is told to, before anything is held", async () => {
    const file = join(folder, "output");
    await appendFile(file, "before=1\n");
    let left = "";
    endpoint.gate = async (event) => {
      if (event.action === "begin") left = await readFile(file, "utf8");
      return openGate(event);
    };
    expect((await deploy("--id-to", file)).code).toBe(0);
    expect(left).toBe(`before=1\ndeployment=${String(idOf("begin"))}\n`);
  });

  it("has an id of its own, by the second in UTC", () => {
    const at = Date.parse("2026-03-02T09:15:00+11:00") as Instant;
    expect(deploymentId(at)).toMatch(/^deploy-20260301-221500-[0-9a-f]{8}$/);
    expect(new Set(Array.from({ length: 100 }, () => deploymentId(at))).size).toBe(100);
  });
});

describe("a first deployment", () => {
  it("without a DeployGate begins and ends nothing, also when the gate appears meanwhile", async () => {
    endpoint.gate = undefined;
    endpoint.cdk = async () => {
      endpoint.gate = openGate;
      return "0";
    };
    const { code, told, steps } = await deploy();
    expect(code).toBe(0);
    expect(told).toContain("FIRST DEPLOYMENT");
    expect(steps).toEqual([
      "check: no",
      expect.stringMatching(/^assume/),
      "describe DebitOnce-prod-Billing",
      "cdk deploy",
    ]);
    expect(endpoint.arrived.at(-1)).toMatch(/--change-set-name deploy-\d{8}-\d{6}-[0-9a-f]{8} /);
  });

  it("that fails is told so", async () => {
    endpoint.gate = undefined;
    endpoint.cdk = async () => "1";
    expect((await deploy()).code).toBe(1);
  });

  it("that is repeated finds the gate, which holds and frees every stream as ever", async () => {
    answering("check", allowed({ firstDeployment: true }));
    const { code, told, steps } = await deploy();
    expect(code).toBe(0);
    expect(told).toContain("FIRST DEPLOYMENT");
    expect(steps).toEqual([CHECK, BEGIN, "cdk deploy", END]);
  });

  it.each([{ status: "CREATE_COMPLETE" }, { error: "AccessDenied" }])(
    "is not believed of a stage without a gate whose billing stack is %j",
    async (billing) => {
      endpoint.gate = undefined;
      endpoint.billing = billing;
      const { code } = await deploy();
      expect(code).toBe(1);
      expect(endpoint.arrived.filter((line) => line.startsWith("cdk"))).toEqual([]);
    },
  );
});

describe("an assembly", () => {
  it.each<[string, Record<string, object>]>([
    ["of the other stage", { "DebitOnce-dev-Billing": {} }],
    [
      "with a stack of the other stage under a name of its own",
      {
        "DebitOnce-prod-Data": {},
        "DebitOnce-prod-Billing": { properties: { stackName: "DebitOnce-dev-Billing" } },
      },
    ],
    ["for another account", { "DebitOnce-prod-Data": { environment: `aws://999999999999/${REGION}` } }],
    ["for another region", { "DebitOnce-prod-Data": { environment: `aws://${ACCOUNT}/us-east-1` } }],
    [
      "with another assembly in it",
      {
        "DebitOnce-prod-Data": {},
        nested: { type: "cdk:cloud-assembly" },
      },
    ],
    ["without a stack", { Tree: { type: "cdk:tree" } }],
  ])("%s is refused before anybody is asked", async (name, stacks) => {
    const app = await assemblyIn(folder, name, stacks);
    const { own } = surroundings(folder, endpoint);
    await expect(deployStage(["--stage", "prod", "--app", app], own)).rejects.toThrow(WrongInput);
    expect(endpoint.arrived).toEqual([]);
  });

  it("may name the account and region in which it is deployed", async () => {
    const environment = `aws://${ACCOUNT}/${REGION}`;
    const app = await assemblyIn(folder, "here", { "DebitOnce-prod-Data": { environment } });
    const { own } = surroundings(folder, endpoint);
    expect(await deployStage(["--stage", "prod", "--app", app], own)).toBe(0);
  });

  it("that is not there is refused", async () => {
    const { own } = surroundings(folder, endpoint);
    const args = ["--stage", "prod", "--app", join(folder, "nowhere")];
    await expect(deployStage(args, own)).rejects.toThrow("holds no synthesized assembly");
  });
});

describe("the command lines", () => {
  const ID_GIVEN = "deploy-20260302-030000-0a1b2c3d";
  it.each([
    [[]],
    [["--stage", "test"]],
    [["--stage", "prod", "--override", "override.1"]],
    [["--stage", "prod", "--deployment", ID_GIVEN]],
    [["--stage", "prod", "more"]],
  ])("of deploy and deploy:check do not take %j", (args) => {
    expect(() => checkOptions(args)).toThrow(WrongInput);
    expect(() => deployOptions(args)).toThrow(WrongInput);
  });

  it.each([
    [["--stage", "prod", "--reason", "a reason"]],
    [["--stage", "prod", "--deployment", "all", "--reason", "a reason"]],
    [["--stage", "prod", "--deployment", ID_GIVEN]],
    [["--stage", "prod", "--deployment", ID_GIVEN, "--reason", " "]],
    [["--stage", "prod", "--deployment", ID_GIVEN, "--reason", "account 123456789"]],
    [["--deployment", ID_GIVEN, "--reason", "a reason"]],
  ])("of deploy:end does not take %j", (args) => {
    expect(() => endOptions(args)).toThrow(WrongInput);
  });

  it("take what they say, and tell it on --help", () => {
    expect(checkOptions(["--stage", "dev", "--json"])).toEqual({ stage: "dev", json: true });
    const args = ["--stage", "prod", "--override", OVERRIDE, "--app", "cdk.out/prod", "--id-to", "ids"];
    const options = { stage: "prod", override: OVERRIDE, app: "cdk.out/prod", idTo: "ids" };
    expect(deployOptions(args)).toEqual(options);
    for (const read of [checkOptions, deployOptions, endOptions]) expect(read(["--help"])).toBe("help");
  });
});
