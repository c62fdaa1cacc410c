import { parentPort } from "node:worker_threads";
import { bareDays, replays, threeDays } from "./replays.ts";

/** Runs all days, the first three once more, and the slips where nothing else is left: a thread of its own, in which nobody else has loaded the app. */
const days = await replays();
parentPort?.postMessage({ days, again: await threeDays(), bare: await bareDays() });
