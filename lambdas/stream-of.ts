import { StreamUnknown } from "./domain/faults.ts";
import type { Configuration, Stream } from "./domain/stream.ts";

/** The configured stream of that name. Throws StreamUnknown. */
export function streamOf(configuration: Configuration, name: string): Stream {
  const stream = Object.hasOwn(configuration.streams, name) ? configuration.streams[name] : undefined;
  if (stream === undefined) throw new StreamUnknown(`there is no stream ${name} in the configuration`);
  return stream;
}
