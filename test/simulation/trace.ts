import { createHash, type Hash } from "node:crypto";
import type { SimulationEvent } from "./events.ts";

/** What happened, line by line: always as a hash, so that two runs can be compared, and kept where it is to be read. */
export class Trace {
  #last: SimulationEvent | undefined;
  readonly lines: string[] = [];
  readonly #kept: "kept" | "hashed" | "none";
  readonly #hash: Hash = createHash("sha256");
  #pending = "";

  /** @param kept whether lines are kept to be read, only hashed, or not even made */
  constructor(kept: "kept" | "hashed" | "none") {
    this.#kept = kept;
  }

  see(event: SimulationEvent): void {
    this.#last = event;
    if (this.#kept === "none") return;
    const line = lineOf(event);
    this.#pending += `${line}\n`;
    if (this.#pending.length > 65_536) this.#flush();
    if (this.#kept === "kept") this.lines.push(line);
  }

  /** The last thing that happened. */
  get last(): string {
    return this.#last === undefined ? "nothing" : lineOf(this.#last);
  }

  digest(): string {
    this.#flush();
    return this.#hash.copy().digest("hex");
  }

  #flush(): void {
    this.#hash.update(this.#pending);
    this.#pending = "";
  }
}

/** One event in one line: when, who, what. */
function lineOf(event: SimulationEvent): string {
  const at = clockTime(event.at);
  switch (event.type) {
    case "effect": {
      const { caller, port, method, args, error, unheard } = event;
      const end = error === undefined ? "" : ` → ${nameOf(error)}`;
      return `${at} ${caller.id} ${caller.name}  ${port}.${method} ${briefly(method, args)}${end}${unheard ? " (unheard)" : ""}`;
    }
    case "began":
      return `${at} ${event.caller.id} ${event.caller.name}  begins ${event.caller.execution ?? ""} ${JSON.stringify(event.caller.event)}`;
    case "ended":
      return `${at} ${event.caller.id} ${event.caller.name}  ends ${event.error ?? "well"}`;
    case "fault":
      return `${at} ${event.caller.id} ${event.caller.name}  FAULT ${event.kind} at ${event.label}`;
    case "log":
      return `${at} ${event.caller.id} ${event.caller.name}  says ${event.line.outcome}`;
    case "count":
      return `${at} ${event.caller.id} ${event.caller.name}  counts ${event.name} ${event.stream} ${event.value}`;
    case "execution":
      return `${at} execution ${event.name} ${event.status} ${event.release}${event.redrives > 0 ? ` redrive ${event.redrives}` : ""}${event.error === undefined ? "" : ` ${event.error}`}`;
    case "action":
      return `${at} ${event.who}  ${event.what} ${event.target}`;
  }
}

/** The instant without its date's year, to the millisecond. */
function clockTime(at: number): string {
  return new Date(at).toISOString().slice(5, 23);
}

/** What an item is, and of which version. */
const NAMING = [
  "id",
  "batchId",
  "state",
  "kind",
  "number",
  "segment",
  "mandateId",
  "dueDate",
  "attempt",
  "line",
  "action",
  "version",
];

/** The scalars of a call, and of a write what decides. */
function briefly(method: string, args: readonly unknown[]): string {
  return args
    .map((arg) => {
      if (arg === undefined || typeof arg === "string" || typeof arg === "number") return String(arg ?? "-");
      if (Buffer.isBuffer(arg)) return `${arg.length} bytes`;
      if (method === "writeStream") return streamBriefly(arg as StreamLike);
      const fields = arg as Record<string, unknown>;
      return NAMING.map((name) => fields[name])
        .filter((one) => one !== undefined && typeof one !== "object")
        .join(" ");
    })
    .join(" ");
}

interface StreamLike {
  readonly version: number;
  readonly fence: number;
  readonly batch?: {
    readonly id: string;
    readonly abandoning?: unknown;
    readonly files?: readonly { readonly number: number; readonly state: string }[];
  };
  readonly paused?: unknown;
}

function streamBriefly({ version, fence, batch, paused }: StreamLike): string {
  const files = batch?.files?.map(({ number, state }) => `${number}:${state}`).join(",") ?? "none";
  const flags = `${batch?.abandoning === undefined ? "" : " abandoning"}${paused === undefined ? "" : " paused"}`;
  return `v${version} fence ${fence} ${batch?.id ?? "free"} files ${files}${flags}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "an unknown thing";
}
