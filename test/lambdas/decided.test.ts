import { expect, test } from "vitest";
import { MOST_REASON } from "../../lambdas/domain/reason.ts";
import { handler as abandon } from "../../lambdas/operations/abandon-batch/handler.ts";
import { handler as goOn } from "../../lambdas/operations/continue-batch/handler.ts";
import { handler as pause } from "../../lambdas/operations/pause-stream/handler.ts";
import { handler as redrive } from "../../lambdas/operations/redrive-batch/handler.ts";
import { handler as resume } from "../../lambdas/operations/resume-stream/handler.ts";
import { clockFrom } from "../../lambdas/adapters/clock.ts";
import { configuration, MORNING, stream } from "../builders.ts";

const BATCH = { batchId: "au-test-2026-10-06-01" };
const STREAM = { stream: "au-test" };

test.each([
  ["AbandonBatch", abandon, BATCH],
  ["RedriveBatch", redrive, BATCH],
  ["ContinueBatch", goOn, BATCH],
  ["PauseStream", pause, STREAM],
  ["ResumeStream", resume, STREAM],
] as const)(
  "%s takes no reason that cannot stand on a screen, and touches nothing",
  async (name, handler, about) => {
    const lines: string[] = [];
    const on = handler.on({
      // No store answers here: whoever asks one fails otherwise.
      env: {
        LEDGER_TABLE: "none",
        DUE_BUCKET: "none",
        OUTBOUND_BUCKET: "none",
        REPORTS_BUCKET: "none",
        STATE_MACHINE_ARN: "arn:aws:states:x:0:stateMachine:none",
        STATE_MACHINE_ALIAS_ARN: "arn:aws:states:x:0:stateMachine:none:live",
        AWS_LAMBDA_FUNCTION_NAME: name,
      },
      configuration: configuration(stream({ name: "au-test" })),
      clock: clockFrom(() => MORNING),
      nonce: () => "nonce-1",
      write: (line) => void lines.push(line),
      dynamodb: { region: "x", endpoint: "http://127.0.0.1:9" },
      s3: { region: "x", endpoint: "http://127.0.0.1:9" },
      sfn: { region: "x", endpoint: "http://127.0.0.1:9" },
    });
    const context = { functionName: name, awsRequestId: "1", getRemainingTimeInMillis: () => 60_000 };
    for (const reason of ["", "  ", "secret\u001b[2J", "secret\u202e", "x".repeat(MOST_REASON + 1)]) {
      await expect(on({ ...about, by: "anna", reason }, context)).rejects.toMatchObject({
        name: "RequestMalformed",
        message: expect.not.stringContaining("secret"),
      });
    }
    expect(lines.join("\n")).toContain("RequestMalformed");
    expect(lines.join("\n")).not.toMatch(/secret|StepFailed/);
  },
);
