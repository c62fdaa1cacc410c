import { endWith } from "../ops/end-with.ts";
import { deployStage } from "./deploy-stage.ts";
import { ownSurroundings } from "./surroundings.ts";

await endWith(() => deployStage(process.argv.slice(2), ownSurroundings()));
