/** A handler that answers with its configuration: bundled as the real ones are, to see what arrives in there. */
export { bundledConfiguration as handler } from "../../../lambdas/adapters/configuration.ts";
