import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { s3Objects } from "../../lambdas/adapters/objects.ts";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Configuration } from "../../lambdas/domain/stream.ts";
import type { Area, Instant, Objects } from "../../lambdas/ports.ts";
import { configuration } from "../config/configuration.ts";
import { readAssembly } from "./assembly.ts";
import { CLOCK_FILE, keepShown, lastShown } from "./clock-file.ts";
import type { ExecutionEvent } from "./execution-run.ts";
import { type LocalApp, openLocalApp } from "./local-app.ts";
import { codeOf, faultOf } from "./local-fault.ts";
import { synthesize } from "./synthesis.ts";

/** Where the local run keeps everything, under the folder in which it is started. */
export function localFolder(): string {
  return resolve(".local");
}

/** The commands' view of the local run: the app, its buckets, and how a list gets into the due bucket. */
export interface Local {
  readonly app: LocalApp;
  readonly configuration: Configuration;
  readonly objects: Objects;
  upload(key: string, bytes: Buffer): Promise<void>;
}

const BUCKETS: Record<Area, string> = {
  due: "DUE_BUCKET",
  work: "WORK_BUCKET",
  bankFiles: "BANK_FILES_BUCKET",
  outbound: "OUTBOUND_BUCKET",
  reports: "REPORTS_BUCKET",
};

/** What the local clock shows at the start of a command, and the billing day on which it goes on afterwards. */
export interface LocalStart {
  readonly startAt: Instant;
  /** Absent where somebody has set the clock, or where the command is about no day. */
  readonly day?: string;
}

/** The schedule's time on a billing day, or just after the last command about that day. */
export function startOn(stream: string, date: CalendarDate, scheduled: Instant): LocalStart {
  const day = `${stream} ${date}`;
  return { startAt: Math.max(scheduled, lastShown(localFolder(), day) + 1) as Instant, day };
}

/** The sample that a run without options bills. */
export const SAMPLE = fileURLToPath(new URL("samples/au-cba-2026-03-02", import.meta.url));

/** The configuration of the stage that the local run synthesizes. */
export function localConfiguration(): Configuration {
  return configuration("dev");
}

/** Synthesizes the app, opens it on the stores under `.local/`, and runs `use`. Nothing is left running. */
export async function withLocal<T>(
  options: LocalStart & {
    readonly fresh?: boolean;
    readonly onEvent?: (event: ExecutionEvent) => void;
  },
  use: (local: Local) => Promise<T>,
): Promise<T> {
  const folder = localFolder();
  const assembly = await readAssembly(await synthesize({ stage: "dev", outdir: join(folder, "cdk.out") }));
  const settings = localConfiguration();
  const { startAt, day, onEvent } = options;
  const open = () =>
    openLocalApp({ folder, assembly, configuration: settings, startAt, ...(onEvent && { onEvent }) });
  if (options.fresh) await forget(folder, open);
  const app = await open();
  const s3 = new S3Client(app.clients.s3);
  try {
    return await use({
      app,
      configuration: settings,
      objects: s3Objects((area) => app.names[BUCKETS[area]] as string, app.clients.s3),
      upload: async (Key, Body) => {
        await s3.send(new PutObjectCommand({ Bucket: app.names["DUE_BUCKET"], Key, Body }));
      },
    });
  } finally {
    s3.destroy();
    await app.close();
    if (day !== undefined) keepShown(folder, day, app.clock.now());
  }
}

/** What a run leaves behind, besides what it can make again. */
// The count goes last: if this is cut off, what is left of the tables is noticed.
const KEPT = ["tables", "objects", "executions", "logs", "batches", CLOCK_FILE, "tables.count"];

/** Removes every batch that ran here, unless another process is at work on them; damaged ones go too. */
async function forget(folder: string, open: () => Promise<LocalApp>): Promise<void> {
  try {
    await (await open()).close();
  } catch (error) {
    if (codeOf(error) === "LEVEL_LOCKED") throw error;
  }
  try {
    for (const data of KEPT) await rm(join(folder, data), { recursive: true, force: true });
  } catch (error) {
    throw faultOf(folder, error);
  }
}
