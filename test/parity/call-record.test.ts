import { describe, expect, test } from "vitest";
import type { RecordedCall } from "../../infra/local/recorded-calls.ts";
import { CallRecorder, keyPattern } from "./call-record.ts";

const MACHINE = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:billing";
const recorder = () =>
  new CallRecorder({ LEDGER_TABLE: "ledger", DUE_BUCKET: "due", STATE_MACHINE_ARN: MACHINE });
const sent = (more: Partial<RecordedCall>): RecordedCall => ({
  functionName: "StageSegment",
  action: "s3:GetObject",
  resource: "due",
  requestBytes: 1,
  responseBytes: 2,
  status: 200,
  ...more,
});

describe("a key's pattern", () => {
  const HASH = "0123456789abcdef".repeat(4);
  test.each([
    ["au-cba/2026-03-02/01/due.csv", "<stream>/<date>/<n>/due.csv"],
    ["test-12/2026-03-02/", "<stream>/<date>/"],
    ["test-12-2026-03-02-01/report-001.json", "<batch>/report-<n>.json"],
    [`test-12-2026-03-02-01/01-${HASH}.aba`, "<batch>/<n>-<hash>.aba"],
    [`au-cba-2026-03-02-01/${HASH}.index.jsonl`, "<batch>/<hash>.index.jsonl"],
    ["700012/test-12-2026-03-02-01-01.aba", "<user id>/<batch>-<n>.aba"],
    ["au-cba-2026-03-02-01/", "<batch>/"],
    ["", ""],
  ])("%s is %s", (key, pattern) => {
    expect(keyPattern(key)).toBe(pattern);
  });
});

describe("the record of one app", () => {
  test("holds each kind of call once, with how often it was sent, and no value of a row", () => {
    const calls = recorder();
    calls.invoked("StageSegment");
    calls.invoked("StageSegment");
    const put = { action: "dynamodb:PutItem", resource: "ledger" };
    calls.sent(sent({ ...put, leadingKeys: ["MANDATE#M-1"] }));
    calls.sent(sent({ ...put, leadingKeys: ["MANDATE#M-2"] }));
    calls.sent(sent({ ...put, action: "dynamodb:BatchGetItem", leadingKeys: ["MANDATE#1", "STREAM#a"] }));
    calls.sent(sent({ ...put, leadingKeys: ["secret"] }));
    expect(calls.record("some.test.ts")).toEqual({
      testFile: "some.test.ts",
      functions: ["StageSegment"],
      calls: [
        { call: seen("dynamodb:PutItem", "LEDGER_TABLE", { leadingKeys: ["MANDATE#"] }), times: 2 },
        {
          call: seen("dynamodb:BatchGetItem", "LEDGER_TABLE", { leadingKeys: ["MANDATE#", "STREAM#"] }),
          times: 1,
        },
        { call: seen("dynamodb:PutItem", "LEDGER_TABLE", { leadingKeys: ["<key>"] }), times: 1 },
      ],
    });
  });

  test("tells what was found under a key, and whether a put was conditional", () => {
    const calls = recorder();
    const key = "au-cba/2026-03-02/01/due.csv";
    calls.sent(sent({ key, status: 404 }));
    calls.sent(sent({ key }));
    calls.sent(sent({ key, action: "s3:PutObject", ifNoneMatch: true, status: 412 }));
    const { calls: recorded } = calls.record("");
    expect(
      recorded.map(({ call: { action, found, ifNoneMatch } }) => ({ action, found, ifNoneMatch })),
    ).toEqual([
      { action: "s3:GetObject", found: "nothing" },
      { action: "s3:GetObject" },
      { action: "s3:PutObject", found: "something", ifNoneMatch: true },
    ]);
  });

  test("knows an execution by its machine, and refuses what no function has a variable for", () => {
    const calls = recorder();
    const resource = `${MACHINE.replace(":stateMachine:", ":execution:")}:au-cba-2026-03-02-01`;
    calls.sent(sent({ action: "states:DescribeExecution", resource }));
    expect(calls.record("").calls.map(({ call }) => call.resource)).toEqual(["STATE_MACHINE_ARN"]);
    expect(() => calls.sent(sent({ resource: "another" }))).toThrow(/StageSegment s3:GetObject/);
  });

  function seen(action: string, resource: string, more: object) {
    return { functionName: "StageSegment", action, resource, ...more };
  }
});
