import { endWith } from "../ops/end-with.ts";
import { endDeployment } from "./end-deployment.ts";
import { ownSurroundings } from "./surroundings.ts";

await endWith(() => endDeployment(process.argv.slice(2), ownSurroundings()));
