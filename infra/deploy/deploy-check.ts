import { endWith } from "../ops/end-with.ts";
import { checkStage } from "./check-stage.ts";
import { ownSurroundings } from "./surroundings.ts";

await endWith(() => checkStage(process.argv.slice(2), ownSurroundings()));
