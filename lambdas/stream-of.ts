import { StreamUnknown } from "./domain/faults.ts";
import { isStreamName } from "./domain/stream-name.ts";
import type { Configuration, Stream } from "./domain/stream.ts";

/** The configured stream of that name. Throws StreamUnknown. */
export function streamOf(configuration: Configuration, name: string): Stream {
  const stream = Object.hasOwn(configuration.streams, name) ? configuration.streams[name] : undefined;
  if (stream === undefined) {
    // What has not the form of a stream's name was never meant as one, and is not repeated.
    const named = isStreamName(name) ? ` ${name}` : " of that name";
    throw new StreamUnknown(`there is no stream${named} in the configuration`);
  }
  return stream;
}
