import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killChildren, killGroup } from "./child.ts";
import { binOf } from "./venv.ts";

const RELEASE = "ministack==1.5.33";

/** Seconds until it answers, and until it has ended after it was asked to. */
const START = 120;
const STOP = 20;

/**
 * Starts MiniStack in a process of its own, calls `use` with its address, and stops it, whatever happens.
 * @throws Error when it cannot be installed or started
 */
export async function onMinistack<T>(root: string, use: (url: string) => Promise<T>): Promise<T> {
  const bin = await binOf(root, RELEASE);
  const folder = await mkdtemp(join(tmpdir(), "debit-once-ministack-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, "server.log");
  const server = spawn(join(bin, "ministack"), [], {
    cwd: folder,
    // A group of its own, in which its Lambdas are too.
    detached: true,
    env: {
      HOME: folder,
      TMPDIR: folder,
      // Its Lambdas run the first Node on the path.
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      // AWS's runtime brings the SDK, which CDK's own function for buckets counts on. Only `require` looks here: our
      // functions are ES modules, and have theirs in the bundle or none.
      NODE_PATH: join(root, "node_modules"),
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      MINISTACK_REGION: "ap-southeast-2",
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = server;
  const ended = once(server, "exit").catch(() => undefined);
  const file = createWriteStream(log);
  server.stdout.pipe(file, { end: false });
  server.stderr.pipe(file, { end: false });
  const interrupted = (signal: NodeJS.Signals) => {
    killChildren();
    if (pid !== undefined) killGroup(pid, "SIGKILL");
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, interrupted);
  try {
    if (pid === undefined) throw new Error("MiniStack did not start");
    await ready(url, ended);
    console.log(`MiniStack ${RELEASE.split("==")[1]} answers at ${url}, process ${pid}`);
    return await use(url);
  } catch (error) {
    const lines = (await readFile(log, "utf8").catch(() => "")).trimEnd().split("\n");
    console.error(["the last lines of MiniStack's log:", ...lines.slice(-25)].join("\n"));
    throw error;
  } finally {
    if (pid !== undefined) {
      killGroup(pid, "SIGTERM");
      await Promise.race([ended, sleep(STOP * 1000, undefined, { ref: false })]);
      // Also what it has left running of its group.
      killGroup(pid, "SIGKILL");
      await ended;
    }
    for (const signal of signals) process.off(signal, interrupted);
    file.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    console.log("MiniStack is stopped");
  }
}

async function ready(url: string, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  for (const last = Date.now() + START * 1000; Date.now() < last; await sleep(250)) {
    if (over) throw new Error("MiniStack ended before it answered");
    const answer = await fetch(`${url}/_ministack/health`, { signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
  }
  throw new Error(`MiniStack did not answer within ${START} s`);
}

/** A port that nobody listens on now; another can still be quicker, and then MiniStack says so and ends. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("there is no free port");
  return address.port;
}
