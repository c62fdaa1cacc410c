import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, it } from "vitest";
import { Interruption } from "../../../infra/deploy/interruption.ts";

let now: number;
let source: EventEmitter;
let interruption: Interruption;
let heard: string[];
beforeEach(() => {
  now = 1_000_000;
  source = new EventEmitter();
  interruption = new Interruption({ now: () => now }, source);
  heard = [];
  interruption.onSignal((signal) => heard.push(signal));
});

/** Sends a signal, so many milliseconds after the one before. */
function send(signal: NodeJS.Signals, after = 0): void {
  now += after;
  source.emit(signal, signal);
}

describe("an interruption", () => {
  it("counts one Ctrl-C once, which comes from the terminal and again from npm", () => {
    send("SIGINT");
    send("SIGINT");
    send("SIGINT", 999);
    expect(heard).toEqual(["SIGINT"]);
    expect(interruption.first).toBe("SIGINT");
  });

  it("counts the same signal again a second later", () => {
    send("SIGINT");
    send("SIGINT", 1000);
    expect(heard).toEqual(["SIGINT", "SIGINT"]);
  });

  it("counts another signal at once, and keeps which was the first", () => {
    send("SIGINT");
    send("SIGTERM");
    expect(heard).toEqual(["SIGINT", "SIGTERM"]);
    expect(interruption.first).toBe("SIGINT");
    expect(interruption.abortSignal.aborted).toBe(true);
  });

  it("hears nothing any more once it is stopped", () => {
    interruption.stop();
    send("SIGINT");
    expect(heard).toEqual([]);
    expect(source.eventNames()).toEqual([]);
  });
});
