import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type Answer, AwsEndpoint } from "./aws-endpoint.ts";
import { deploymentFolder, environment, openGate } from "./deployment-test.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await deploymentFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Command {
  readonly child: ChildProcess;
  /** How it ended, and all that it and its cdk have said. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly said: () => string;
  /** Waits until it has said something of this form. */
  readonly says: (words: RegExp) => Promise<void>;
}

/** A command of package.json's, but for npm itself. */
const command = (name: string) => [process.execPath, join(ROOT, `infra/deploy/${name}.ts`)];

/** Runs one as a process of its own. */
function run(
  endpoint: AwsEndpoint,
  [program = "", ...start]: readonly string[],
  args: readonly string[],
  { cwd = folder, ...env }: { readonly cwd?: string; readonly FAKE_CDK_STUBBORN?: string } = {},
): Command {
  const child = spawn(program, [...start, "--stage", "dev", ...args], {
    cwd,
    env: { ...environment(folder, endpoint), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const waiting: { words: RegExp; resolve: () => void }[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      for (const { words, resolve } of waiting) if (words.test(said)) resolve();
    });
  }
  return {
    child,
    ended: once(child, "exit").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    })),
    said: () => said,
    says: (words) =>
      new Promise((resolve) => {
        if (words.test(said)) resolve();
        else waiting.push({ words, resolve });
      }),
  };
}

/** A deployment whose cdk never ends by itself. */
async function deploying(options: Parameters<typeof run>[3] = {}, start = command("deploy")) {
  const endpoint = await AwsEndpoint.open();
  endpoint.gate = openGate;
  const { promise, resolve: letGo } = Promise.withResolvers<string>();
  endpoint.cdk = (words) => (words.startsWith("cdk was") ? Promise.resolve("") : promise);
  const own = run(endpoint, start, ["--app", join(folder, "dev")], options);
  const steps = () => endpoint.arrived.map((line) => line.split(" ")[0]);
  return { endpoint, own, letGo, steps };
}
const reasonOf = ({ events }: AwsEndpoint) => events.find(({ action }) => action === "end")?.["reason"];

// Each process takes a second of a core, so they run at the same time; nothing in them waits for a time.
describe("a deployment as a process", () => {
  test.concurrent("that gets SIGINT stops cdk, is ended, and has failed", async ({ expect }) => {
    const { endpoint, own, steps } = await deploying();
    await endpoint.seen("cdk deploy");
    own.child.kill("SIGINT");
    expect(await own.ended).toEqual({ code: 1, signal: null });
    expect(steps()).toEqual(["check", "begin", "cdk", "end"]);
    expect(reasonOf(endpoint)).toBe("cdk deploy ended by SIGINT, interrupted by SIGINT");
    await endpoint.close();
  });

  test.concurrent("is told by npm of a SIGTERM, with no shell between them that would keep it", async ({
    expect,
  }) => {
    // As CI runs it: the script to the letter, but in a folder of its own, where npm puts no other cdk on the path.
    const cwd = join(folder, "npm");
    await mkdir(join(cwd, "node_modules"), { recursive: true });
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const deploy = scripts["deploy"]?.replaceAll(" infra/", ` ${ROOT}infra/`);
    await writeFile(join(cwd, "package.json"), JSON.stringify({ scripts: { deploy } }));
    const { endpoint, own, steps } = await deploying({ cwd }, ["npm", "run", "--silent", "deploy", "--"]);
    await endpoint.seen("cdk deploy");
    own.child.kill("SIGTERM");
    expect(await own.ended).toEqual({ code: 1, signal: null });
    expect(steps()).toEqual(["check", "begin", "cdk", "end"]);
    expect(reasonOf(endpoint)).toBe("cdk deploy ended by SIGTERM, interrupted by SIGTERM");
    await endpoint.close();
  });

  test.concurrent("whose terminal was closed is ended all the same, although nobody takes its words any more", async ({
    expect,
  }) => {
    const { endpoint, own, steps } = await deploying();
    await endpoint.seen("cdk deploy");
    own.child.stdout?.destroy();
    own.child.stderr?.destroy();
    own.child.kill("SIGHUP");
    expect(await own.ended).toEqual({ code: 1, signal: null });
    expect(steps()).toEqual(["check", "begin", "cdk", "end"]);
    await endpoint.close();
  });

  // Another signal than the first, which counts whenever it comes: nothing here waits until a second is over.
  test.concurrent("kills a cdk that does not heed the first signal at the second, and is ended", async ({
    expect,
  }) => {
    const { endpoint, own, steps } = await deploying({ FAKE_CDK_STUBBORN: "yes" });
    await endpoint.seen("cdk deploy");
    own.child.kill("SIGTERM");
    await endpoint.seen("cdk was asked to stop");
    expect(endpoint.events.map(({ action }) => action)).toEqual(["check", "begin"]);
    own.child.kill("SIGINT");
    expect(await own.ended).toEqual({ code: 1, signal: null });
    expect(steps()).toEqual(["check", "begin", "cdk", "cdk", "end"]);
    expect(reasonOf(endpoint)).toBe("cdk deploy ended by SIGKILL, interrupted by SIGTERM");
    await endpoint.close();
  });

  test.concurrent("that gets one more signal while it is being ended stays until it is", async ({
    expect,
  }) => {
    const { endpoint, own, steps } = await deploying();
    const { promise, resolve: answer } = Promise.withResolvers<Answer>();
    endpoint.gate = (event) => (event.action === "end" ? promise : openGate(event));
    await endpoint.seen("cdk deploy");
    own.child.kill("SIGINT");
    await endpoint.seen("end");
    own.child.kill("SIGTERM");
    await own.says(/SIGINT: [\s\S]*SIGTERM: /);
    const [, begin] = endpoint.events;
    answer({ payload: JSON.stringify({ deployment: begin?.["deployment"], freed: ["au-cba"] }) });
    expect(await own.ended).toEqual({ code: 1, signal: null });
    expect(steps()).toEqual(["check", "begin", "cdk", "end"]);
    expect(own.said()).toContain("free again: au-cba");
    await endpoint.close();
  });

  test.concurrent("that gets a signal while begin is asked runs no cdk, and is ended", async ({ expect }) => {
    const { endpoint, own, steps } = await deploying();
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    endpoint.gate = async (event) => {
      if (event.action === "begin") await promise;
      return openGate(event);
    };
    await endpoint.seen("begin");
    own.child.kill("SIGTERM");
    // The SDK's own request is not broken off: its answer says what is held.
    await own.says(/^SIGTERM: /m);
    goOn();
    expect(await own.ended).toEqual({ code: 1, signal: null });
    expect(steps()).toEqual(["check", "begin", "end"]);
    expect(reasonOf(endpoint)).toBe("interrupted by SIGTERM before cdk deploy");
    await endpoint.close();
  });

  test.concurrent("that was killed holds its streams until deploy:end frees them", async ({ expect }) => {
    const { endpoint, own, letGo, steps } = await deploying();
    const id = endpoint.seen("cdk deploy").then(() => String(endpoint.events[1]?.["deployment"]));
    await id;
    own.child.kill("SIGKILL");
    expect(await own.ended).toEqual({ code: null, signal: "SIGKILL" });
    expect(steps()).toEqual(["check", "begin", "cdk"]);
    expect(own.said()).toContain(`deployment ${await id}\n`);
    const args = ["--deployment", await id, "--reason", "its job was killed"];
    const byHand = run(endpoint, command("deploy-end"), args);
    expect(await byHand.ended).toEqual({ code: 0, signal: null });
    expect(endpoint.events.at(-1)).toMatchObject({ action: "end", deployment: await id });
    letGo("0");
    await endpoint.close();
  });

  test.concurrent("synthesizes its stage before it asks, where it is given no assembly", async ({
    expect,
  }) => {
    const endpoint = await AwsEndpoint.open();
    endpoint.gate = openGate;
    const own = run(endpoint, command("deploy"), []);
    expect(await own.ended).toEqual({ code: 0, signal: null });
    const steps = endpoint.arrived.map((line) => line.split(" ").slice(0, 5).join(" "));
    expect(steps).toEqual([
      "cdk synth --quiet -c stage=dev",
      "check debit-once-dev-deploy-gate",
      "begin debit-once-dev-deploy-gate",
      "cdk deploy --all --app cdk.out/dev",
      "end debit-once-dev-deploy-gate",
    ]);
    await endpoint.close();
  });

  test.concurrent("tells what is wrong with its usage in a sentence, and exits 2", async ({ expect }) => {
    const endpoint = await AwsEndpoint.open();
    const wrong = run(endpoint, command("deploy-check"), ["--override", "mine"]);
    expect(await wrong.ended).toEqual({ code: 2, signal: null });
    expect(wrong.said()).toMatch(/^--override wants an id such as .+\nTry --help\.\n$/);
    expect(endpoint.arrived).toEqual([]);
    await endpoint.close();
  });
});
