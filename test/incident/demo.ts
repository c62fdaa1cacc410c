import { introduction, isAsTold, story } from "./story.ts";
import { replays } from "./replays.ts";

/** Tells the incident to whoever watches. Exit code 0 only if it has come out as told. */
process.stdout.write(introduction());
const days = await replays();
process.stdout.write(story(days));
process.exitCode = isAsTold(days) ? 0 : 1;
