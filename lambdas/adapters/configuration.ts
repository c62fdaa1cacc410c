import type { Configuration } from "../domain/stream.ts";

/** Replaced by the bundler (infra/handler.ts) with the checked configuration of the stage. */
declare const DEBIT_ONCE_CONFIGURATION: Configuration;

/**
 * The configuration that is part of this Lambda's code. It is in the bundle and not in a variable, so a
 * running execution, which is pinned to a version of the code, is pinned to its limits too.
 */
export function bundledConfiguration(): Configuration {
  return DEBIT_ONCE_CONFIGURATION;
}
