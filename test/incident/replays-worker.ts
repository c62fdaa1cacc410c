import { parentPort } from "node:worker_threads";
import { replays, threeDays } from "./replays.ts";

/** Runs all days, and the first three once more: a thread of its own, in which nobody else has loaded the app. */
const days = await replays();
parentPort?.postMessage({ days, again: await threeDays() });
