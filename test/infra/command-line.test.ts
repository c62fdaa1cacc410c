import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import { readAssembly } from "../../infra/local/assembly.ts";
import { openLocalApp } from "../../infra/local/local-app.ts";
import { startOptions } from "../../infra/local/start-options.ts";
import { exitCode, statusOf } from "../../infra/ops/exit-code.ts";
import { opsOptions } from "../../infra/ops/ops-options.ts";
import type { BatchReport, Check } from "../../lambdas/domain/report.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { receivedFile } from "../batch/bank-inbox.ts";
import { type DueRow, dueList, type Figures } from "../batch/due-list.ts";
import { synthesis } from "../batch/local-batch.ts";
import { LocalStores } from "../batch/local-stores.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BATCH = "au-cba-2026-03-02-01";
const REASON = ["--reason", "a test"];
const STATEMENT = ["--rejected", "--evidence", "letter.txt", "--reference", "CAS-7", "--channel", "phone"];
const STATED = ["--stated-at", "2026-03-02T07:30:00+11:00"];
/** What is wrong, and what to do. */
const SENTENCE = /^[^\n]+\n[^\n]+\n$/;

let top: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "debit-once-commands-"));
});
afterAll(() => rm(top, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of package.json's, but for npm itself, in a folder of its own. */
function run(folder: string, script: string, ...args: string[]): Promise<Ended> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|VITEST|AWS_)/.test(name)),
  );
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, script), ...args],
      { cwd: folder, env },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 99), stdout, stderr });
      },
    );
  });
}
const start = (folder: string, ...args: string[]) => run(folder, "infra/local/start.ts", ...args);
const ops = (folder: string, ...args: string[]) => run(folder, "infra/ops/ops.ts", ...args);

/** The one object that `--json` promises on standard output, and nothing on standard error. */
function object({ stdout, stderr }: Ended): Record<string, unknown> {
  if (stderr !== "") throw new Error(`standard error is not empty: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function row(n: number, changes: Partial<DueRow> = {}): DueRow {
  return {
    mandate_id: `M-${n}`,
    due_date: "2026-03-02",
    attempt: "1",
    merchant_id: "m-gym",
    merchant_name: "Bondi Gym",
    customer_id: `C-${n}`,
    bsb: "083-214",
    account_number: `1234567${n}`,
    account_title: `PAYER ${n}`,
    amount_cents: String(1000 + n),
    ...changes,
  };
}

const GOOD = [row(1), row(2), row(3)];

/** A folder with a due list in `list/`, and with the templates, whose synthesis is the same for all of them. */
async function folderWith(
  name: string,
  rows: readonly DueRow[],
  wrong: Partial<Figures> = {},
): Promise<string> {
  const folder = join(top, name);
  const { csv, manifest } = dueList(rows, wrong);
  await mkdir(join(folder, "list"), { recursive: true });
  await writeFile(join(folder, "list/due.csv"), csv);
  await writeFile(join(folder, "list/manifest.json"), manifest);
  const templates = await synthesis();
  await cp(templates, join(folder, ".local/cdk.out", basename(templates)), { recursive: true });
  return folder;
}

/** Puts a stranger's file where the bank is to find the batch's, so that nobody can tell what the bank has. */
async function layStrangeFile(folder: string): Promise<void> {
  const known = configuration("dev");
  const app = await openLocalApp({
    folder: join(folder, ".local"),
    assembly: await readAssembly(await synthesis()),
    configuration: known,
    startAt: Date.parse("2026-03-02T06:00:00+11:00") as Instant,
  });
  const stores = new LocalStores(app);
  const key = `${known.streams["au-cba"]?.bankProfile.userId}/${BATCH}-01.aba`;
  await stores.putObject("outbound", key, Buffer.from("something else"));
  stores.close();
  await app.close();
}

/** Puts a newer report beside the gate's own, in which growth is suspected as well. */
async function suspectGrowth(folder: string): Promise<void> {
  const app = await openLocalApp({
    folder: join(folder, ".local"),
    assembly: await readAssembly(await synthesis()),
    configuration: configuration("dev"),
    startAt: Date.parse("2026-03-02T07:00:00+11:00") as Instant,
  });
  const stores = new LocalStores(app);
  const own = JSON.parse(String(await stores.object("reports", `${BATCH}/report-001.json`))) as BatchReport;
  const growth: Check = {
    name: "growth",
    kind: "suspicion",
    passed: false,
    expected: "at most 3",
    found: "9",
  };
  const others = own.checks.filter(({ name }) => name !== growth.name);
  const report: BatchReport = { ...own, number: 2, checks: [...others, growth] };
  await stores.putObject("reports", `${BATCH}/report-002.json`, Buffer.from(JSON.stringify(report), "utf8"));
  stores.close();
  await app.close();
}

// Each process takes a second or two of a core, so the folders are worked on at the same time.
describe("the command lines", () => {
  test.concurrent("bill a list, tell its result as one object, and find it closed the second time", async ({
    expect,
  }) => {
    const folder = await folderWith("good", GOOD);
    const first = await start(folder, "--due", "list", "--json");
    expect(first.code).toBe(0);
    const result = object(first) as {
      bankFiles: { path: string; sha256: string }[];
      gate: { checks: { kind: string }[] };
    };
    const path = `.local/batches/${BATCH}/${BATCH}-01.aba`;
    const bytes = await readFile(join(folder, path));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(result).toEqual({
      batchId: BATCH,
      status: "CLOSED",
      due: { count: 3, cents: 3006 },
      staged: { count: 3, cents: 3006 },
      excluded: { count: 0, byReason: {} },
      bankFiles: [{ path, sha256, debits: 3, cents: 3006, state: "SUBMITTED", from: "outbound" }],
      gate: { verdict: "PASSED", checks: expect.any(Array) },
      report: `.local/batches/${BATCH}/report.html`,
    });
    expect(result.gate.checks.length).toBeGreaterThan(20);
    expect(new Set(result.gate.checks.map(({ kind }) => kind))).toEqual(new Set(["proof", "suspicion"]));
    for (const check of result.gate.checks) {
      expect(check).toMatchObject({ passed: true, name: expect.any(String) });
      expect(Object.keys(check)).toEqual(
        expect.arrayContaining(["name", "kind", "passed", "expected", "found"]),
      );
    }
    expect(
      receivedFile(path, bytes).debits.map(({ accountNumber, cents }) => [accountNumber, cents]),
    ).toEqual(GOOD.map((due) => [due.account_number, BigInt(due.amount_cents)]));
    expect(String(await readFile(join(folder, `.local/batches/${BATCH}/report.html`)))).toContain(BATCH);

    const again = await start(folder, "--due", "list");
    expect(again).toMatchObject({ code: 0, stderr: "" });
    for (const words of ["ALREADY_CLOSED", "Nothing was debited again", "gate: PASSED", path, "$30.06"]) {
      expect(again.stdout).toContain(words);
    }
    expect(again.stdout).toMatch(/due list +ledger +bank file/);

    const later = await start(folder, "--due", "list", "--json", "--now", "2026-03-02T17:00:00+11:00");
    expect(later.code).toBe(0);
    expect(object(later)).toEqual({ ...result, status: "ALREADY_CLOSED" });

    const abandoned = await ops(folder, "abandon", BATCH, ...REASON, "--yes", "--json");
    expect(abandoned.code).toBe(3);
    expect(object(abandoned)).toMatchObject({ error: { name: "BatchClosed", next: expect.any(Array) } });
  });

  test.concurrent("show each state, and what a failed gate leads to; nothing changes without --yes", async ({
    expect,
  }) => {
    const folder = await folderWith("gate", [...GOOD, row(4, { bsb: "?" })]);
    const failed = await start(folder, "--due", "list");
    expect(failed).toMatchObject({ code: 4, stderr: "" });
    for (const words of [
      "FAIL  Reconcile",
      "excluded-share",
      "GateFailed",
      "next:",
      `npm run ops -- abandon ${BATCH}`,
    ]) {
      expect(failed.stdout).toContain(words);
    }
    const late = await start(folder, "--due", "list", "--json", "--now", "2026-03-02T17:00:00+11:00");
    expect(late.code).toBe(4);
    expect(object(late)).toMatchObject({ failedState: "Reconcile", error: { name: "GateFailed" } });
    const dry = await ops(folder, "abandon", BATCH, ...REASON, "--as", "anna", "--json");
    expect(dry.code).toBe(0);
    const event = { batchId: BATCH, by: "anna", reason: "a test" };
    expect(object(dry)).toEqual({ dry: true, function: "AbandonBatch", event });
    const shown = await ops(folder, "show", BATCH, "--json");
    expect(shown.code).toBe(0);
    expect(object(shown)).toMatchObject({
      batchId: BATCH,
      execution: { status: "FAILED", error: "GateFailed" },
      record: { state: "OPEN" },
      stream: { lock: { batchId: BATCH, abandoning: false } },
      report: { content: { status: "GATE_FAILED" } },
    });
    const done = await ops(folder, "abandon", BATCH, ...REASON, "--yes");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toContain("ABANDONED");
    for (const now of [[], ["--now", "2026-03-02T17:00:00+11:00"]]) {
      const over = await start(folder, "--due", "list", "--json", ...now);
      expect(over.code).toBe(3);
      expect(object(over)).toMatchObject({ status: "REFUSED", error: { name: "BatchAbandoned" } });
      expect(object(over)).not.toHaveProperty("failedState");
    }
    const redriven = await ops(folder, "redrive", BATCH, ...REASON, "--yes");
    expect(redriven).toMatchObject({ code: 3, stderr: "" });
    expect(redriven.stdout).toMatch(
      /^BatchAbandoned: [^\n]+ was abandoned: there is nothing to redrive\nnext: /,
    );
  });

  test.concurrent("let one person propose to accept a suspicion, and another one approve it", async ({
    expect,
  }) => {
    const folder = await folderWith("suspected", [...GOOD, row(4, { bsb: "?" })]);
    expect((await start(folder, "--due", "list")).code).toBe(4);
    const accept = (check: string, ...more: string[]) =>
      ops(folder, "propose", "accept-suspicion", BATCH, check, ...REASON, ...more);
    const proof = await accept("excluded-share", "--yes", "--json");
    expect(proof).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("cannot be accepted by anybody"),
    });
    await suspectGrowth(folder);

    const dry = await accept("growth", "--as", "Ann", "--json");
    expect(dry.code).toBe(0);
    const event = { action: "accept-suspicion", batchId: BATCH, check: "growth", reason: "a test" };
    expect(object(dry)).toEqual({ dry: true, function: "Propose", event, by: "Ann" });
    const proposed = await accept("growth", "--as", "Ann", "--yes", "--json");
    expect(proposed.code).toBe(0);
    const { id, until, ...rest } = object(proposed) as { id: string; until: string; by: string };
    expect(rest).toMatchObject({ ...event, by: "ann" });

    const looked = await ops(folder, "approve", id, "--as", "bob");
    expect(looked).toMatchObject({ code: 0, stderr: "" });
    const words = [
      "open",
      "accept growth",
      "ann, at ",
      "a test",
      until,
      "report-002.json",
      "found 9",
      "--yes",
    ];
    for (const word of words) expect(looked.stdout).toContain(word);
    const own = await ops(folder, "approve", id, "--as", "ann", "--yes", "--json");
    expect(own.code).toBe(3);
    expect(object(own)).toMatchObject({ error: { name: "ApprovalRefused" } });
    const unknown = await ops(folder, "approve", `${BATCH}.${"0".repeat(32)}`, "--json");
    expect(unknown.code).toBe(2);
    expect(object(unknown)).toMatchObject({ error: { name: "ProposalUnknown" } });

    const approved = await ops(folder, "approve", id, "--as", "bob", "--yes");
    expect(approved).toMatchObject({ code: 0, stderr: "" });
    expect(approved.stdout).toContain(`npm run ops -- redrive ${BATCH}`);
    const shown = await ops(folder, "show", BATCH);
    expect(shown.stdout).toContain(
      `proposal   ${id}  accept growth  accepted: redrive, and it takes effect  (ann, approved by bob at `,
    );
    // The dry run has proposed nothing.
    expect(shown.stdout.match(/^proposal /gm)).toHaveLength(1);
    for (const by of ["ann", "bob"]) expect(shown.stdout).toMatch(new RegExp(`event .*${id}  \\(${by}\\)`));

    // The proof still fails, as the gate of a new execution says, which has taken the lock over.
    const continued = await ops(folder, "continue", BATCH, ...REASON, "--yes", "--json");
    expect(continued.code).toBe(4);
    expect(object(continued)).toMatchObject({ failedState: "Reconcile", error: { name: "GateFailed" } });
    const now = await ops(folder, "show", BATCH);
    for (const word of [`${BATCH}-c1  FAILED`, "fence 2"]) expect(now.stdout).toContain(word);
    // Each command's clock has gone on from the one before; who asks and is heard does both at one instant.
    const actions = [...now.stdout.matchAll(/^event +\S+ +(\w+)/gm)].map(([, action]) => action);
    expect(new Set(actions.splice(2, 2))).toEqual(new Set(["approve", "asks"]));
    expect(actions).toEqual(["acquired", "propose", "continue", "acquired"]);
  });

  test.concurrent("let one person propose what the bank says of a file in doubt, and another one approve it", async ({
    expect,
  }) => {
    const folder = await folderWith("doubted", GOOD);
    await layStrangeFile(folder);
    const doubted = await start(folder, "--due", "list", "--json");
    expect(doubted.code).toBe(5);
    const { next } = (object(doubted) as { error: { next: string[] } }).error;
    expect(next.join("\n")).toContain(`resolve ${BATCH} 01 <--submitted|--rejected> --evidence <file>`);
    await writeFile(join(folder, "letter.txt"), "We have no such file.");
    await writeFile(join(folder, "empty.txt"), "");
    const ask = ["resolve", BATCH, "01", ...STATEMENT, ...REASON, "--stated-at"];
    const clock = () => readFile(join(folder, ".local/clock.json"), "utf8");
    const shownBefore = await clock();
    // What is later than the clock is refused, as on AWS, and never sets it: dry or not.
    for (const yes of [[], ["--yes"]]) {
      const future = await ops(folder, ...ask, "2199-01-01T00:00:00Z", ...yes, "--json");
      expect(future.code).toBe(3);
      const message = expect.stringMatching(
        /^the bank's statement is dated later than now: .* --now <instant>/,
      );
      expect(object(future)).toMatchObject({ error: { name: "ProposalRefused", message } });
    }
    expect((await ops(folder, "show", BATCH)).code).toBe(0);
    expect(await clock()).toBe(shownBefore);
    const left = await ops(folder, "abandon", BATCH, ...REASON, "--yes");
    expect(left).toMatchObject({ code: 5, stderr: "" });
    expect(left.stdout).toMatch(
      /^OPEN: file 01 stays; file 01 is still in doubt\.\nnext: [^]+ resolve \S+ 01 /,
    );
    const resolve = (stated: string, ...more: string[]) =>
      ops(folder, ...ask, stated, "--now", "2026-03-02T07:31:00+11:00", ...more);

    const unread = await resolve("2026-03-02T07:30:00+11:00", "--evidence", "empty.txt");
    expect(unread).toMatchObject({ code: 2, stderr: expect.stringContaining("empty.txt has 0 bytes") });
    const dry = await resolve("2026-03-02T07:30:00+11:00", "--as", "Ann", "--json");
    expect(dry.code).toBe(0);
    const said = {
      action: "resolve-submission",
      batchId: BATCH,
      number: 1,
      outcome: "rejected",
      reference: "CAS-7",
      channel: "phone",
      statedAt: "2026-03-01T20:30:00.000Z",
    };
    const evidence = {
      path: "letter.txt",
      sha256: createHash("sha256").update("We have no such file.").digest("hex"),
    };
    const event = { ...said, reason: "a test", evidence };
    expect(object(dry)).toEqual({ dry: true, function: "Propose", event, by: "Ann" });
    const proposed = await resolve("2026-03-02T07:30:00+11:00", "--as", "Ann", "--yes", "--json");
    expect(proposed.code).toBe(0);
    const { id, at } = object(proposed) as { id: string; at: string };
    expect(object(proposed)).toMatchObject({
      action: "resolve-submission",
      outcome: "rejected",
      by: "ann",
      evidence: { sha256: evidence.sha256, statedAt: said.statedAt },
    });

    // The day goes on from there, so that what is proposed can be approved.
    expect(JSON.parse(await clock())).toMatchObject({
      "au-cba 2026-03-02": expect.toSatisfy((ms) => ms >= Date.parse(at)),
    });
    const looked = await ops(folder, "approve", id, "--as", "bob");
    expect(looked).toMatchObject({ code: 0, stderr: "" });
    for (const word of [
      `resolve file 01 as rejected, of ${BATCH}`,
      "by the bank at 2026-03-02 07:30:00 AEDT (2026-03-01T20:30:00.000Z)",
      "CAS-7, by phone",
      `evidence/${BATCH}/01/${evidence.sha256}`,
      `of SHA-256 ${evidence.sha256}`,
      `/${BATCH}-01.aba`,
    ]) {
      expect(looked.stdout).toContain(word);
    }
    // The command that is named reads what was brought in.
    const reading = /^read it +(cat .*)$/m.exec(looked.stdout)?.[1] ?? "";
    const stdout = execFileSync("sh", ["-c", reading], { cwd: folder, encoding: "utf8" });
    expect(stdout).toBe("We have no such file.");
    const approved = await ops(folder, "approve", id, "--as", "bob", "--yes");
    expect(approved).toMatchObject({ code: 0, stderr: "" });
    expect(approved.stdout).toContain("as ann has proposed: resolve file 01 as rejected");

    // While anything lies where the bank picks up, nobody's word makes the file rejected.
    const barred = await ops(folder, "redrive", BATCH, ...REASON, "--yes", "--json");
    expect(barred.code).toBe(5);
    expect(barred.stdout).toContain("something lies under its key");
    const outbound = join(folder, ".local/objects/outbound-bucket");
    for (const name of await readdir(outbound)) await rm(join(outbound, name), { recursive: true });
    const redriven = await ops(folder, "redrive", BATCH, ...REASON, "--yes", "--json");
    expect(redriven.code).toBe(0);
    expect(object(redriven)).toMatchObject({ status: "CLOSED" });
    const shown = await ops(folder, "show", BATCH);
    expect(shown.stdout).toContain("file 01    REJECTED  3 debits");
    expect(shown.stdout).toContain(
      `by proposal ${id} (ann, approved by bob), on the bank's CAS-7 of 2026-03-01T`,
    );
    expect(shown.stdout).toContain(`proposal   ${id}  resolve file 01 as rejected  accepted`);
    const report = await readFile(join(folder, `.local/batches/${BATCH}/report.html`), "utf8");
    expect(report).toContain("File 1 was in doubt, and is resolved as rejected");
  });

  test.concurrent("let one person propose to override the deploy blackout, and another one approve it", async ({
    expect,
  }) => {
    const folder = await folderWith("overridden", GOOD);
    const asked = ["propose", "override-blackout", "--ticket", "OPS-7", "--minutes", "30", ...REASON];
    const dry = await ops(folder, ...asked, "--as", "Ann");
    expect(dry).toMatchObject({
      code: 0,
      stdout:
        "dry run: would propose that the deploy blackout be overridden for 30 minutes on ticket OPS-7, as Ann. Add --yes to do it.\n",
    });
    const proposed = await ops(folder, ...asked, "--as", "Ann", "--yes", "--json");
    expect(proposed).toMatchObject({ code: 0, stderr: "" });
    const { id, ...rest } = object(proposed) as { id: string };
    expect(rest).toMatchObject({ action: "override-blackout", ticket: "OPS-7", minutes: 30, by: "ann" });

    const looked = await ops(folder, "approve", id, "--as", "bob");
    expect(looked).toMatchObject({ code: 0, stderr: "" });
    for (const word of [
      `${id}  open`,
      "for 30 minutes",
      "OPS-7",
      "ann, at ",
      "a test",
      "as bob. Add --yes",
    ]) {
      expect(looked.stdout).toContain(word);
    }
    const own = await ops(folder, "approve", id, "--as", "ann", "--yes");
    expect(own).toMatchObject({ code: 3, stderr: "" });
    expect(own.stdout).toMatch(
      /^ApprovalRefused: [^\n]+\nnext: Another person [^\n]+\n {2}npm run ops -- show overrides\n$/,
    );
    const approved = await ops(folder, "approve", id, "--as", "bob", "--yes");
    expect(approved).toMatchObject({ code: 0, stderr: "" });
    expect(approved.stdout).toMatch(
      /^approved {3}override\.[0-9a-f]{32}\nby {9}bob at [^\n]+\nholds {6}until /,
    );
    const shown = await ops(folder, "show", "overrides");
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toContain(
      `override   ${id}  override the deploy blackout for 30 minutes on ticket OPS-7  valid until `,
    );
    // The dry runs have proposed and approved nothing.
    expect(shown.stdout.match(/^(?:override|event) /gm)).toHaveLength(4);
  });

  test.concurrent("refuse a paused stream, and redrive its batch when it is resumed", async ({ expect }) => {
    const folder = await folderWith("paused", GOOD);
    expect((await ops(folder, "pause", "au-cba", ...REASON, "--yes", "--json")).code).toBe(0);
    const refused = await start(folder, "--due", "list", "--json");
    expect(refused.code).toBe(3);
    expect(object(refused)).toMatchObject({
      batchId: BATCH,
      status: "REFUSED",
      failedState: "AcquireLock",
      error: {
        name: "StreamPaused",
        next: expect.arrayContaining([expect.stringContaining("resume au-cba")]),
      },
      bankFiles: [],
    });
    const unknown = await ops(folder, "pause", "au-cbx", ...REASON, "--yes");
    expect(unknown).toMatchObject({ code: 2, stderr: "" });
    expect(unknown.stdout).toMatch(/^StreamUnknown: .*\nnext: .* there are au-cba, /);
    const resumed = await ops(folder, "resume", "au-cba", ...REASON, "--yes");
    expect(resumed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^resumed: stream au-cba; the pause by/),
    });
    const redriven = await ops(folder, "redrive", BATCH, ...REASON, "--yes", "--json");
    expect(redriven.code).toBe(0);
    expect(object(redriven)).toMatchObject({
      status: "CLOSED",
      staged: { count: 3 },
      bankFiles: [{ debits: 3 }],
    });
  });

  test.concurrent("refuse a start past the cut-off, with an object all the same", async ({ expect }) => {
    const folder = await folderWith("late", GOOD);
    const late = await start(folder, "--due", "list", "--json", "--now", "2026-03-02T16:00:00+11:00");
    expect(late.code).toBe(3);
    expect(object(late)).toEqual({
      batchId: BATCH,
      status: "REFUSED",
      error: {
        name: "past-cut-off",
        message: expect.stringContaining("16:00"),
        advice: expect.stringContaining("the next business day"),
        next: expect.any(Array),
      },
      due: { count: 3 },
      staged: { count: 0, cents: 0 },
      excluded: { count: 0, byReason: {} },
      bankFiles: [],
    });
    // The list lies there, so the batch can be abandoned before it has begun.
    expect((await ops(folder, "abandon", BATCH, ...REASON, "--yes")).code).toBe(0);
    const over = await start(folder, "--due", "list", "--json", "--now", "2026-03-02T16:00:00+11:00");
    expect(over.code).toBe(3);
    expect(object(over)).toMatchObject({ error: { name: "BatchAbandoned" }, due: { count: 3 } });
  });

  test.concurrent("say of a damaged store in one sentence that --fresh mends it, and it does", async ({
    expect,
  }) => {
    const folder = await folderWith("damaged", GOOD);
    await mkdir(join(folder, ".local/tables"), { recursive: true });
    await writeFile(join(folder, ".local/tables/CURRENT"), "rubbish");
    const damaged = await start(folder, "--due", "list", "--json");
    expect(damaged.code).toBe(1);
    expect(object(damaged)).toMatchObject({
      status: "FAILED",
      error: {
        name: "LocalFault",
        message: expect.stringMatching(/^The store under [^\n]+ is damaged\. [^\n]*--fresh[^\n]*$/),
        next: [expect.stringContaining("--fresh")],
      },
      bankFiles: [],
    });
    const fresh = await start(folder, "--due", "list", "--fresh", "--json");
    expect(fresh.code).toBe(0);
    expect(object(fresh)).toMatchObject({ status: "CLOSED", bankFiles: [{ debits: 3, cents: 3006 }] });
  });

  test.concurrent("say of a folder that cannot be written what to do", async ({ expect }) => {
    const folder = join(top, "read-only");
    await mkdir(folder);
    // A file in its place stands for missing rights, which root does not miss.
    await writeFile(join(folder, ".local"), "");
    const { code, stdout, stderr } = await start(folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.not.stringContaining("CLOSED") });
    expect(stderr).toMatch(SENTENCE);
    expect(stderr).toContain("cannot be written");
  });

  test.concurrent("exit with 2 for a wrong option, a wrong command and a missing list", async ({
    expect,
  }) => {
    const ends = [
      await start(top, "--nope"),
      await ops(top, "bill", "au-cba"),
      await start(top, "--due", "nowhere"),
    ];
    const said = ["--nope", '"bill" is not a command', "nowhere/due.csv"];
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(said[index]);
    }
  });

  test.concurrent("help, and exit with 0", async ({ expect }) => {
    const [help, opsHelp] = [await start(top, "--help"), await ops(top, "--help")];
    expect([help.code, opsHelp.code]).toEqual([0, 0]);
    for (const word of [
      "--due",
      "--stream",
      "--date",
      "--number",
      "--now",
      "--fresh",
      "--json",
      "exit codes",
    ]) {
      expect(help.stdout).toContain(word);
    }
    for (const word of [
      "show",
      "redrive",
      "continue",
      "abandon",
      "pause",
      "resume",
      "propose accept-suspicion",
      "resolve",
      "--evidence",
      "approve",
      "--yes",
      "--reason",
    ]) {
      expect(opsHelp.stdout).toContain(word);
    }
  });

  test.concurrent("say to a Node that is too old for npm's scripts what is missing", async ({ expect }) => {
    await writeFile(
      join(top, "old.mjs"),
      `Object.defineProperty(process.versions, "node", { value: "18.20.0" });
       await import(${JSON.stringify(join(ROOT, "infra/local/node-version.mjs"))});`,
    );
    const { code, stderr } = await run(top, relative(ROOT, join(top, "old.mjs")));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^debit-once needs Node 24 or newer and this is Node 18\.20\.0: [^\n]+\n$/);
  });
});

describe("the words of a command line", () => {
  test.each([
    [["--date", "2026-02-30"], "--date"],
    [["--number", "0"], "--number"],
    [["--number", "100"], "--number"],
    [["--number", "1.5"], "--number"],
    [["--now", "2026-03-02T07:00:00"], "--now"],
    [["--now", "today"], "--now"],
    [["--due"], "--due"],
    [["au-cba"], "au-cba"],
  ])("npm start refuses %j", (args, named) => {
    expect(() => startOptions(args)).toThrow(expect.objectContaining({ name: "WrongInput" }));
    expect(() => startOptions(args)).toThrow(named);
  });

  test.each([
    [["show"], "batch"],
    [["show", "au-cba"], "batch id"],
    [["show", BATCH, BATCH], "exactly one"],
    [["redrive", BATCH], "--reason"],
    [["continue", BATCH], "--reason"],
    [["continue", `${BATCH}-c1`, ...REASON], "batch id"],
    [["abandon", BATCH, "--reason", " "], "--reason"],
    [["pause", "au-cba"], "--reason"],
    [["show", BATCH, "--stage", "test"], "--stage"],
    [["show", BATCH, "--stage", "dev", "--as", "anna"], "--as"],
    [["show", BATCH, "--now", "7"], "--now"],
    [["propose", BATCH, "growth", ...REASON], "accept-suspicion"],
    [["propose", "accept-proof", BATCH, "growth", ...REASON], "accept-suspicion"],
    [["propose", "accept-suspicion", BATCH, ...REASON], "one check"],
    [["propose", "accept-suspicion", "au-cba", "growth", ...REASON], "batch id"],
    [["propose", "accept-suspicion", BATCH, "growth", "more", ...REASON], "one check"],
    [["propose", "accept-suspicion", BATCH, "growth"], "--reason"],
    [["propose", "accept-suspicion", BATCH, "grwth", ...REASON], "there are growth, same-totals, same-debit"],
    [["show", BATCH, "--as", "Ann Lee"], "--as wants a name"],
    [["show", BATCH, "--as", " "], "--as wants a name"],
    [["propose", "accept-suspicion", BATCH, "growth", ...REASON, "--stage", "dev", "--as", "ann"], "--as"],
    [["resolve", BATCH, ...STATEMENT, ...STATED, ...REASON], "the number of one of its files"],
    [["resolve", BATCH, "0", ...STATEMENT, ...STATED, ...REASON], "1 to 99"],
    [["resolve", BATCH, "100", ...STATEMENT, ...STATED, ...REASON], "1 to 99"],
    [["resolve", BATCH, "1", "2", ...STATEMENT, ...STATED, ...REASON], "one batch"],
    [["resolve", "au-cba", "1", ...STATEMENT, ...STATED, ...REASON], "batch id"],
    [["resolve", BATCH, "1", ...STATEMENT, ...STATED], "--reason"],
    [["resolve", BATCH, "1", ...STATEMENT, ...REASON], "--stated-at"],
    [["resolve", BATCH, "1", ...STATEMENT, ...REASON, "--stated-at", "2026-03-02"], "--stated-at"],
    [
      ["resolve", BATCH, "1", ...STATEMENT.slice(1), ...STATED, ...REASON],
      "either --submitted or --rejected",
    ],
    [["resolve", BATCH, "1", "--submitted", ...STATEMENT, ...STATED, ...REASON], "either --submitted or"],
    [["resolve", BATCH, "1", ...STATEMENT, ...STATED, ...REASON, "--evidence", ""], "--evidence"],
    [
      ["resolve", BATCH, "1", ...STATEMENT, ...STATED, ...REASON, "--reference", "083-170 12345"],
      "--reference",
    ],
    [["resolve", BATCH, "1", ...STATEMENT, ...STATED, ...REASON, "--channel", "rumour"], "email, phone"],
    [["resolve", BATCH, "1", ...STATEMENT, ...STATED, ...REASON, "--stage", "dev", "--as", "ann"], "--as"],
    [["abandon", BATCH, ...REASON, "--rejected"], "--rejected belongs to resolve"],
    [["redrive", BATCH, ...REASON, "--evidence", "x"], "--evidence belongs to resolve"],
    [
      ["propose", "accept-suspicion", BATCH, "growth", ...REASON, "--ticket", "T"],
      "--ticket belongs to propose override",
    ],
    [["abandon", BATCH, ...REASON, "--minutes", "5"], "--minutes belongs to propose override"],
    [["propose", "override-blackout", "--minutes", "5", ...REASON], "override-blackout wants --ticket"],
    [
      ["propose", "override-blackout", "--ticket", "two words", "--minutes", "5", ...REASON],
      "wants --ticket",
    ],
    [["propose", "override-blackout", "--ticket", "T", ...REASON], "override-blackout wants --minutes"],
    ...["0", "61", "1.5", "1e1", "060"].map((minutes): [string[], string] => [
      ["propose", "override-blackout", "--ticket", "T", "--minutes", minutes, ...REASON],
      "override-blackout wants --minutes",
    ]),
    [["propose", "override-blackout", "--ticket", "T", "--minutes", "5"], 'propose wants --reason "…"'],
    [
      ["propose", "override-blackout", BATCH, "--ticket", "T", "--minutes", "5", ...REASON],
      "is about a stage",
    ],
    [["approve", `override.${"0".repeat(31)}`], "override.<32 hex digits>"],
    [["show", "overrides", BATCH], "show wants"],
    [["approve"], "exactly one proposal"],
    [["approve", "growth"], "proposal's id"],
    [["approve", `${BATCH}.0`, "--stage", "prod", "--as", "bob"], "--as"],
  ])("npm run ops refuses %j", (args, named) => {
    expect(() => opsOptions(args)).toThrow(expect.objectContaining({ name: "WrongInput" }));
    expect(() => opsOptions(args)).toThrow(named);
  });

  test("resolve takes the file's number with or without its zero, and an instant of any offset", () => {
    for (const file of ["1", "01"]) {
      const args = ["resolve", BATCH, file, ...STATEMENT, ...STATED, ...REASON];
      expect(opsOptions(args)).toMatchObject({
        yes: false,
        batch: { id: BATCH },
        statement: {
          number: 1,
          outcome: "rejected",
          evidence: "letter.txt",
          reference: "CAS-7",
          channel: "phone",
          statedAt: Date.parse("2026-03-01T20:30:00Z"),
        },
      });
    }
  });

  test("an override is of a stage, and of no batch", () => {
    const asked = ["propose", "override-blackout", "--ticket", "OPS-7", "--minutes", "60", ...REASON];
    expect(opsOptions([...asked, "--stage", "prod"])).toEqual({
      command: "propose",
      override: { ticket: "OPS-7", minutes: 60 },
      reason: "a test",
      stage: "prod",
      as: "operator",
      yes: false,
      json: false,
    });
    const proposal = `override.${"0".repeat(32)}`;
    expect(opsOptions(["approve", proposal])).toMatchObject({ proposal });
    for (const args of [["approve", proposal], ["show", "overrides"], asked]) {
      expect(opsOptions(args)).not.toHaveProperty("batch");
    }
  });

  test("nothing is changed unless --yes is said, and no number of a batch is taken for another", () => {
    expect(opsOptions(["abandon", BATCH, ...REASON])).toMatchObject({ yes: false, as: "operator" });
    expect(opsOptions(["show", BATCH, "--as", " Ann "])).toMatchObject({ as: "Ann" });
    expect(startOptions(["--number", "07"])).toMatchObject({ number: 7, stream: "au-cba", fresh: false });
    expect(startOptions(["--now", "2026-03-02T15:59:00+11:00"]).now).toBe(Date.parse("2026-03-02T04:59:00Z"));
  });
});

test.each([
  ["CLOSED", undefined, 0],
  ["ALREADY_CLOSED", undefined, 0],
  ["FAILED", "BankFileDamaged", 1],
  ["FAILED", "SumNotProven", 1],
  ["FAILED", "DueListMismatch", 2],
  ["REFUSED", "LockHeld", 3],
  ["REFUSED", "StreamPaused", 3],
  ["REFUSED", "CutOffPassed", 3],
  ["REFUSED", "past-cut-off", 3],
  ["REFUSED", "too-late", 3],
  ["REFUSED", "not-a-business-day", 3],
  ["REFUSED", "ProposalRefused", 3],
  ["REFUSED", "ApprovalRefused", 3],
  ["REFUSED", "CallerRefused", 3],
  ["REFUSED", "NotAllowed", 3],
  ["FAILED", "ProposalUnknown", 2],
  ["FAILED", "RequestMalformed", 2],
  ["FAILED", "GateFailed", 4],
  ["UNKNOWN", "SubmissionUnknown", 5],
] as const)("%s (%s) ends with %i", (status, name, code) => {
  if (name !== undefined) expect(statusOf(name)).toBe(status);
  expect(exitCode(status, name)).toBe(code);
});
