import { describe, expect, it } from "vitest";
import { announced } from "../../lambdas/announced.ts";
import {
  BatchAbandoned,
  BatchClosed,
  CallerRefused,
  GateFailed,
  LedgerBusy,
  ProposalRefused,
  RequestMalformed,
  StreamPaused,
  StreamUnknown,
  SubmissionUnknown,
} from "../../lambdas/domain/faults.ts";
import { configuration, stream } from "../builders.ts";
import type { Log, Metrics, Nonce } from "../../lambdas/ports.ts";

type Line = Parameters<Log["decision"]>[0];

/** Ports that note what they are told. */
function ears() {
  const lines: Line[] = [];
  const counts: Parameters<Metrics["count"]>[] = [];
  const ports = {
    log: { decision: (line: Line) => void lines.push(line) },
    metrics: { count: (...count: Parameters<Metrics["count"]>) => void counts.push(count) },
  };
  return { lines, counts, ports };
}

const BATCH = "au-cba-2026-10-06-01";
const EVENT = { batchId: BATCH, fence: 7 };

function failing(error: unknown): () => Promise<never> {
  return async () => {
    throw error;
  };
}

describe("a call that ends in an error", () => {
  it("is told in one line with batch, stream, fence and the error's name, and counted once", async () => {
    const { lines, counts, ports } = ears();
    const error = new LedgerBusy("the item could not be written");
    await expect(announced("Reconcile", EVENT, ports, failing(error))).rejects.toBe(error);
    expect(lines).toStrictEqual([
      { state: "Reconcile", batchId: BATCH, stream: "au-cba", fence: 7, outcome: "LedgerBusy" },
    ]);
    expect(counts).toEqual([["StepFailed", "au-cba"]]);
  });

  it("is counted under its own name too, where an alarm waits for that", async () => {
    for (const error of [new GateFailed("one check failed"), new SubmissionUnknown("in doubt")]) {
      const { counts, ports } = ears();
      await expect(announced("SubmitBankFile", EVENT, ports, failing(error))).rejects.toBe(error);
      expect(counts).toEqual([
        ["StepFailed", "au-cba"],
        [error.name, "au-cba"],
      ]);
    }
  });

  it("is told with the last nonce that the call has made", async () => {
    const { lines, ports } = ears();
    const nonces = ["first", "second"].values();
    const nonce: Nonce = () => nonces.next().value ?? "none";
    const call = announced("CloseBatch", EVENT, { ...ports, nonce }, (noted) => {
      noted.nonce();
      noted.nonce();
      throw new LedgerBusy("busy");
    });
    await expect(call).rejects.toThrow(LedgerBusy);
    expect(lines[0]).toMatchObject({ nonce: "second" });
  });

  it("is counted for the stream that its event names", async () => {
    const { counts, lines, ports } = ears();
    const call = announced("PauseStream", { stream: "au-cba" }, ports, failing(new StreamUnknown("none")));
    await expect(call).rejects.toThrow(StreamUnknown);
    expect(lines).toEqual([{ state: "PauseStream", stream: "au-cba", outcome: "StreamUnknown" }]);
    expect(counts).toEqual([["StepFailed", "au-cba"]]);
  });

  it("is counted for a stream that there is alone: whoever calls may name any", async () => {
    const { counts, lines, ports } = ears();
    const configured = { ...ports, configuration: configuration(stream({ name: "au-cba" })) };
    for (const name of ["au-cba", "no-such-stream"]) {
      const call = announced("PauseStream", { stream: name }, configured, failing(new LedgerBusy("busy")));
      await expect(call).rejects.toThrow(LedgerBusy);
    }
    expect(lines).toHaveLength(2);
    expect(counts).toEqual([["StepFailed", "au-cba"]]);
  });

  it("is not counted where a person's request was refused, nor as something that only has its name", async () => {
    const { counts, lines, ports } = ears();
    for (const error of [new CallerRefused("no"), new RequestMalformed("no"), new ProposalRefused("no")]) {
      await expect(announced("Propose", EVENT, ports, failing(error))).rejects.toBe(error);
    }
    expect([lines.length, counts]).toEqual([3, []]);
    for (const error of [new StreamPaused("p"), new BatchAbandoned("a"), new BatchClosed("c")]) {
      await expect(announced("AcquireLock", EVENT, ports, failing(error))).rejects.toBe(error);
    }
    expect(counts.map(([name]) => name)).toEqual(["StepFailed", "StepFailed", "StepFailed"]);
  });

  it("is told without a stream, and not counted, where its event names nothing of that form", async () => {
    for (const event of [undefined, null, 5, {}, { batchId: "NGUYEN Thi Hoa 083-170" }, { stream: "A B" }]) {
      const { lines, counts, ports } = ears();
      await expect(announced("ShowBatch", event, ports, failing(new Error("no")))).rejects.toThrow("no");
      expect(lines).toStrictEqual([{ state: "ShowBatch", outcome: "Error" }]);
      expect(counts).toEqual([]);
    }
  });

  it("is told without what only reads like a name or a number, and is none", async () => {
    for (const event of [
      { batchId: [BATCH] },
      { stream: ["au-cba"] },
      { fence: "083-170" },
      { by: ["ann"] },
    ]) {
      const { lines, ports } = ears();
      await expect(announced("ShowBatch", event, ports, failing(new Error("no")))).rejects.toThrow("no");
      expect(lines).toStrictEqual([{ state: "ShowBatch", outcome: "Error" }]);
    }
  });

  it("is told without a word of what was thrown", async () => {
    const { lines, ports } = ears();
    await expect(announced("ShowBatch", {}, ports, failing("NGUYEN Thi Hoa"))).rejects.toBe("NGUYEN Thi Hoa");
    expect(lines).toEqual([{ state: "ShowBatch", outcome: "an unknown thing was thrown" }]);
  });
});

it("a call that ends well is not announced, and gives what it gives", async () => {
  const { lines, counts, ports } = ears();
  expect(await announced("ShowBatch", EVENT, ports, () => Promise.resolve("fine"))).toBe("fine");
  expect([lines, counts]).toEqual([[], []]);
});

it("a call whose ports make no nonces gets its ports as they are", async () => {
  const { ports } = ears();
  await announced("ShowBatch", EVENT, ports, async (noted) => expect(noted).toBe(ports));
});
