import { defineConfig } from "vitest/config";

const PARITY = "test/parity/parity.test.ts";
/** The tests that must reach every branch of domain and steps by themselves, on ports and without an app around them. */
const STEPS = ["test/domain/**/*.test.ts", "test/lambdas/**/*.test.ts"];

export default defineConfig({
  test: {
    // A test that asserts nothing has proven nothing.
    expect: { requireAssertions: true },
    // Ceilings against a hang on a slow machine, not measures: no test is timed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: one worker each.
    maxWorkers: 2,
    pool: "forks",
    // Loading the CDK and the AWS SDK anew for each file would take a sixth of the whole; no file changes a module.
    isolate: false,
    globalSetup: ["test/parity/records-folder.ts"],
    // Asked for by `npm run coverage`, not by a run of one file. Istanbul, because V8 takes every default value for used.
    coverage: {
      provider: "istanbul",
      include: ["lambdas/**/*.ts"],
      // The adapters and the wiring of handlers are judged by whole batches; test/lambdas fits the pattern too.
      exclude: ["lambdas/adapters/**", "lambdas/**/handler.ts", "test/**"],
      reporter: [["text", { skipFull: true }], "json"],
      // Each file by itself, so that no other file's figure hides it.
      thresholds: { perFile: true, branches: 100, functions: 100, lines: 100, statements: 100 },
    },
    projects: [
      { extends: true, test: { name: "steps", include: STEPS, sequence: { groupOrder: 1 } } },
      {
        extends: true,
        test: {
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: [PARITY, ...STEPS],
          sequence: { groupOrder: 1 },
        },
      },
      // Judges what the whole-batch tests have made the functions send, so it runs when they are over.
      { extends: true, test: { name: "parity", include: [PARITY], sequence: { groupOrder: 2 } } },
    ],
  },
});
