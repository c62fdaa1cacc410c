import { readdirSync } from "node:fs";
import { enableCompileCache, registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type {
  DryRunResult,
  MutantRunOptions,
  MutantRunResult,
  TestRunner,
  TestRunnerCapabilities,
} from "@stryker-mutator/api/test-runner";
import fc from "fast-check";
import { type Case, casesOf } from "./suite.ts";

/** What the instrumented code and the runner tell each other. */
interface Switchboard {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

const SUITE = new URL("suite.ts", import.meta.url).href;
const CACHE = fileURLToPath(new URL("../../../node_modules/.cache/debit-once/compiled", import.meta.url));

/**
 * Tests that are not run for each mutant, with the reason. A test that is left out can only lower the score.
 */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "adapter-errors.test.ts": "of the adapters, which are not mutated",
  "deploy-handlers.test.ts": "a deployment is about every stream of its table, and here all tests share one",
  "crashes.test.ts": "thousands of runs in a loop",
  "exceptions.test.ts": "every error at every call, on the real adapters, and reads the sources",
  "interleavings.test.ts": "thousands of runs in a loop",
  "ledger.test.ts": "of the adapters, which are not mutated",
  "metrics.test.ts": "reads the sources, which Stryker has changed",
  "objects.test.ts": "of the adapters, which are not mutated",
};
/**
 * Single tests that are left out too: file, part of the name, reason. Code that counts how often each of its mutants is
 * met is many times slower, so that these few would take most of the hours.
 */
export const TOO_LONG: readonly (readonly [file: string, part: string, reason: string])[] = [
  ["test/domain/bank-file-writer.test.ts", "a buffer of 130 MB or less", "writes a million debits"],
  [
    "test/domain/bank-file-round-trip.test.ts",
    "every byte)",
    "reads a file anew for each byte and each value",
  ],
  ["test/domain/bank-file-round-trip.test.ts", "the byte makes up type, amount", "does so too"],
  [
    "test/domain/bank-file-mistakes.test.ts",
    "no cent is lost on any amount",
    "writes fourteen thousand debits",
  ],
];

/** Tests with a state machine of their own keep the embedded stores. */
const ON_STEP_FUNCTIONS = /\/(?:continue-batch|operations|start-batch)\.test\.ts$/;
const FOLDERS = ["test/domain", "test/lambdas"];

/**
 * Runs the tests of domain and steps for one mutant after the other in one process, into which they were loaded once.
 * Nearly all the time of a runner that starts anew for each mutant goes into loading, and there are thousands.
 */
class InProcessRunner implements TestRunner {
  readonly #switchboard: Switchboard;
  readonly #cases = new Map<string, Case>();
  readonly #took = new Map<string, number>();
  /** Whether no mutant was active yet in this process. */
  #fresh = true;
  /** Whether a mutant has left something behind that fails a test without any. */
  #spoilt = false;

  constructor() {
    const world = globalThis as { __stryker__?: Switchboard };
    this.#switchboard = world.__stryker__ ??= {};
  }

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: false };
  }

  async init(): Promise<void> {
    enableCompileCache(CACHE);
    const stores = pathToFileURL(resolve("test/mutants/stryker/stores-in-memory.ts")).href;
    registerHooks({
      resolve: (specifier, context, next) => {
        const from = context.parentURL ?? "";
        if (specifier === "vitest" && from.endsWith(".test.ts")) return next(SUITE, context);
        if (specifier.endsWith("/embedded-stores.ts") && !ON_STEP_FUNCTIONS.test(from)) {
          return next(stores, context);
        }
        return next(specifier, context);
      },
    });
    // The same examples for every mutant, in every run.
    fc.configureGlobal({ seed: 20_260_302 });
    for (const path of testFiles()) {
      const load = () => import(pathToFileURL(resolve(path)).href);
      for (const one of await casesOf(path, load)) if (!isTooLong(one)) this.#cases.set(one.id, one);
    }
  }

  async dryRun(): Promise<DryRunResult> {
    const tests = [];
    for (const one of this.#cases.values()) {
      this.#switchboard.currentTestId = one.id;
      const failure = await this.#failureOf(one);
      const told = {
        id: one.id,
        name: one.name,
        fileName: resolve(one.file),
        timeSpentMs: this.#took.get(one.id) ?? 0,
      };
      tests.push(
        failure === undefined
          ? { ...told, status: 0 as const }
          : { ...told, status: 1 as const, failureMessage: failure },
      );
    }
    this.#switchboard.currentTestId = undefined;
    const mutantCoverage = this.#switchboard.mutantCoverage ?? { static: {}, perTest: {} };
    return { status: "complete" as DryRunResult["status"], tests, mutantCoverage } as DryRunResult;
  }

  /** @throws when an earlier mutant has left something behind: Stryker then starts another process and asks again */
  async mutantRun({ activeMutant, testFilter, hitLimit }: MutantRunOptions): Promise<MutantRunResult> {
    if (this.#spoilt) throw new Error("a mutant has left something behind");
    const wanted = testFilter?.flatMap((id) => this.#cases.get(id) ?? []) ?? [...this.#cases.values()];
    const order = wanted.sort((a, b) => (this.#took.get(a.id) ?? 0) - (this.#took.get(b.id) ?? 0));
    Object.assign(this.#switchboard, { hitCount: 0, hitLimit });
    const began = performance.now();
    let ran = 0;
    for (const one of order) {
      this.#switchboard.activeMutant = activeMutant.id;
      const failure = await this.#failureOf(one);
      this.#switchboard.activeMutant = undefined;
      ran += 1;
      const duration = performance.now() - began;
      if ((this.#switchboard.hitCount ?? 0) > (hitLimit ?? Infinity)) {
        return { status: "timeout", reason: "a loop", duration } as MutantRunResult;
      }
      if (failure === undefined) continue;
      await this.#trust(one);
      return {
        status: "killed",
        killedBy: [one.id],
        failureMessage: failure,
        nrOfTests: ran,
        duration,
      } as MutantRunResult;
    }
    this.#fresh = false;
    return { status: "survived", nrOfTests: ran, duration: performance.now() - began } as MutantRunResult;
  }

  /**
   * A test that fails with a mutant has killed it only if it passes without: else an earlier mutant has done it.
   * @throws so that a fresh process judges the mutant again; what fails in a fresh process was killed there
   */
  async #trust(killer: Case): Promise<void> {
    this.#switchboard.hitCount = undefined;
    this.#spoilt = (await this.#failureOf(killer)) !== undefined;
    const sure = this.#fresh || !this.#spoilt;
    this.#fresh = false;
    if (!sure) throw new Error(`${killer.name} fails without a mutant too`);
  }

  async #failureOf(one: Case): Promise<string | undefined> {
    const began = performance.now();
    try {
      await one.run();
      this.#took.set(one.id, performance.now() - began);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : "something else was thrown";
    }
  }
}

function isTooLong({ file, name }: Case): boolean {
  return TOO_LONG.some(([path, part]) => file === path && name.includes(part));
}

/** The test files that are run, as paths from the working directory, which is Stryker's copy of the repository. */
export function testFiles(): readonly string[] {
  const own = process.env["STRYKER_TESTS"];
  return FOLDERS.filter((folder) => own !== "domain" || folder === "test/domain").flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".test.ts") && !Object.hasOwn(LEFT_OUT, name))
      .filter((name) => own !== "quick" || !ON_STEP_FUNCTIONS.test(`/${name}`))
      .sort()
      .map((name) => join(folder, name)),
  );
}

function runner(): TestRunner {
  return new InProcessRunner();
}

/** What Stryker looks for in a plugin. */
export const strykerPlugins = [{ kind: "TestRunner", name: "in-process", factory: runner }];
