import { defineConfig } from "vitest/config";

const PARITY = "test/parity/parity.test.ts";

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
    projects: [
      {
        extends: true,
        test: {
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: [PARITY],
          sequence: { groupOrder: 1 },
        },
      },
      // Judges what the whole-batch tests have made the functions send, so it runs when they are over.
      { extends: true, test: { name: "parity", include: [PARITY], sequence: { groupOrder: 2 } } },
    ],
  },
});
