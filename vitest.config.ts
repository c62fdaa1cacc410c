import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
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
  },
});
