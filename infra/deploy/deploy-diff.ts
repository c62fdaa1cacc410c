import { endWith } from "../ops/end-with.ts";
import { diffAssemblies } from "./diff-assemblies.ts";
import { ownSurroundings } from "./surroundings.ts";

await endWith(() => diffAssemblies(process.argv.slice(2), ownSurroundings()));
