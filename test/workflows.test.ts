import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { deployOptions, endOptions } from "../infra/deploy/deploy-options.ts";
import { STAGES } from "../infra/stage.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly uses?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency: { readonly group: string; readonly "cancel-in-progress": boolean | string };
  readonly jobs: Readonly<Record<string, Job>>;
}

const names = readdirSync(`${ROOT}.github/workflows`).sort();
const source = (name: string) => readFileSync(`${ROOT}.github/workflows/${name}`, "utf8");
const workflow = (name: string) => parse(source(name)) as Workflow;
const jobs = names.flatMap((name) =>
  Object.entries(workflow(name).jobs).map(([id, job]) => ({ name: `${name}: ${id}`, id, ...job })),
);
const steps = jobs.flatMap(({ name, steps: own = [] }) => own.map((step) => ({ job: name, ...step })));
const commands = (job: Job | undefined) => job?.steps?.flatMap(({ run }) => run ?? []) ?? [];

describe("the workflows", () => {
  it("are these three", () => {
    expect(names).toEqual(["ci.yml", "deploy.yml", "diff.yml"]);
  });

  it("use no action but by its commit, and no workflow but this repository's", () => {
    const used = [...steps, ...jobs].flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(10);
    const pinned = /^([\w-]+\/[\w-]+@[0-9a-f]{40}|\.\/\.github\/workflows\/ci\.yml)$/;
    expect(used.filter((action) => !pinned.test(action))).toEqual([]);
    // The comment behind it tells people and the updates which release that is.
    const lines = names.flatMap((name) => source(name).split("\n")).filter((line) => line.includes("uses: "));
    expect(lines.filter((line) => !/ # v\d+\.\d+\.\d+$|uses: \.\//.test(line))).toEqual([]);
  });

  it("know no key that lasts, take no code of strangers for their own, and end", () => {
    for (const name of names) {
      expect(source(name)).not.toMatch(
        /secrets|access-key|AWS_ACCESS|AWS_SECRET|pull_request_target|workflow_run/i,
      );
    }
    expect(jobs.filter((job) => job.steps && !((job["timeout-minutes"] ?? 0) > 0))).toEqual([]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.length).toBeGreaterThan(4);
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
    // What GitHub puts between the braces would be code of the shell.
    expect(steps.filter(({ run }) => run?.includes("${{"))).toEqual([]);
  });

  it("may read the repository and nothing else; a token of their own is for the two jobs that deploy", () => {
    for (const name of names) expect(workflow(name).permissions).toEqual({ contents: "read" });
    const more = jobs.filter(({ permissions }) => permissions !== undefined);
    expect(more.map(({ name, environment, permissions }) => [name, environment, permissions])).toEqual(
      STAGES.map((stage) => [`deploy.yml: ${stage}`, stage, { contents: "read", "id-token": "write" }]),
    );
    const credentialed = steps.filter(({ uses }) => uses?.startsWith("aws-actions/"));
    expect(credentialed.map(({ job }) => job)).toEqual(STAGES.map((stage) => `deploy.yml: ${stage}`));
  });

  it("call npm scripts that are there, and never the CDK by itself", () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
      scripts: Record<string, string>;
    };
    const all = steps.flatMap(({ run }) => run ?? []).join("\n");
    const named = [...all.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name as string);
    expect(new Set(named)).toEqual(new Set(["synth", "deploy:diff", "deploy", "deploy:end"]));
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    expect(all).not.toMatch(/\bcdk (deploy|bootstrap|destroy|import)\b|npx|aws /);
  });
});

describe("a pull request", () => {
  it("must pass what a clean checkout must pass, which is no command of the workflow's own", () => {
    const { on, jobs: own } = workflow("ci.yml");
    expect(Object.keys(on)).toEqual(["pull_request", "workflow_call"]);
    expect(commands(own["test"])).toEqual(["bash .ci/run"]);
  });

  it("has its differences from its base uploaded, without credentials", () => {
    const { on, jobs: own } = workflow("diff.yml");
    expect(Object.keys(on)).toEqual(["pull_request"]);
    const all = own["diff"]?.steps ?? [];
    const base = all.find((step) => step.with?.["path"] === "cdk.out/base");
    expect(base?.with).toMatchObject({ ref: "${{ github.event.pull_request.base.sha }}" });
    expect(all.findLast(({ run }) => run !== undefined)).toMatchObject({
      // Not the runner's own shell, for which a failed diff in front of a pipe is a success.
      shell: "bash",
      run: expect.stringMatching(/npm run --silent deploy:diff .*\| tee diff\.md$/),
    });
    expect(all.at(-1)?.with).toMatchObject({ path: "diff.md", "if-no-files-found": "error" });
  });
});

describe("a push to main", () => {
  const { on, concurrency, jobs: own } = workflow("deploy.yml");

  it("is tested, synthesized once, deployed to dev, then to prod, in this order and from nowhere else", () => {
    expect(on).toEqual({ push: { branches: ["main"] } });
    expect(Object.entries(own).map(([id, { needs }]) => [id, needs])).toEqual([
      ["test", undefined],
      ["synth", "test"],
      ["dev", "synth"],
      ["prod", "dev"],
    ]);
    expect(own["test"]?.uses).toBe("./.github/workflows/ci.yml");
    // A condition on the job could let it run although what it needs has failed.
    expect(Object.values(own).filter((job) => "if" in job || "continue-on-error" in job)).toEqual([]);
  });

  it("never overlaps another one, and is never cancelled midway", () => {
    expect(concurrency).toEqual({ group: "deploy", "cancel-in-progress": false });
    expect(Object.values(own).filter((job) => "concurrency" in job)).toEqual([]);
  });

  it("deploys what was synthesized there, and synthesizes nothing else", () => {
    expect(commands(own["synth"])).toEqual([
      "npm ci --ignore-scripts",
      'for stage in dev prod; do npm run synth -- -c "stage=$stage" -o "cdk.out/$stage"; done',
    ]);
    const artifacts = Object.values(own).flatMap(({ steps: all = [] }) =>
      all.flatMap((step) => (/-artifact@/.test(step.uses ?? "") ? step.with?.["name"] : [])),
    );
    expect(artifacts).toEqual(["assemblies", "assemblies", "assemblies"]);
  });

  it.each(STAGES)("deploys %s through npm run deploy, and ends what was cut off", (stage) => {
    const job = own[stage];
    const [install, deploy = "", end = "", ...more] = commands(job);
    expect([install, more]).toEqual(["npm ci --ignore-scripts", []]);
    // exec, so that a cancelled job reaches it.
    expect(deploy).toMatch(/^exec npm run deploy -- /);
    expect(deployOptions(argumentsOf(deploy))).toEqual({
      stage,
      app: `cdk.out/${stage}`,
      idTo: "$GITHUB_OUTPUT",
    });
    const id = "deploy-20260302-030000-0a1b2c3d";
    expect(end).toMatch(/^npm run deploy:end -- /);
    expect(endOptions(argumentsOf(end.replace("$DEPLOYMENT", id)))).toMatchObject({ stage, deployment: id });
    expect(job?.steps?.at(-1)).toMatchObject({
      if: "always() && steps.deploy.outcome != 'success' && steps.deploy.outputs.deployment != ''",
      env: { DEPLOYMENT: "${{ steps.deploy.outputs.deployment }}" },
    });
    expect(job?.steps?.at(-2)?.id).toBe("deploy");
  });

  it("gets credentials for as long as the job may take, of the environment's own role", () => {
    for (const stage of STAGES) {
      const given = own[stage]?.steps?.find(({ uses }) => uses?.startsWith("aws-actions/"))?.with ?? {};
      expect(given).toEqual({
        "role-to-assume": "${{ vars.AWS_DEPLOY_ROLE_ARN }}",
        "role-session-name": "github-${{ github.run_id }}",
        "role-duration-seconds": expect.any(Number),
        "aws-region": "${{ vars.AWS_REGION }}",
      });
      const seconds = Number(given["role-duration-seconds"]);
      expect(seconds).toBeGreaterThan((own[stage]?.["timeout-minutes"] ?? Infinity) * 60);
    }
  });

  it("does in prod what it has done in dev", () => {
    const text = JSON.stringify({ ...own["dev"], needs: "" });
    const again = JSON.stringify({ ...own["prod"], needs: "" });
    expect(again).not.toBe(text);
    expect(again.replaceAll("prod", "dev")).toBe(text);
  });
});

/** The arguments behind `--` as a shell would split them. */
function argumentsOf(command: string): string[] {
  const [, args = ""] = command.split(" -- ");
  return [...args.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}
