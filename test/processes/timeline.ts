import { now } from "./messages.ts";

/** Everything that happened in a round, by the operating system's counter: what a failure is explained with. */
export class Timeline {
  readonly began = now();
  readonly #lines: { readonly at: number; readonly text: string }[] = [];

  note(text: string, at = now()): void {
    this.#lines.push({ at, text });
  }

  toString(): string {
    return this.#lines
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, text }) => `${(at - this.began).toFixed(2).padStart(10)} ms  ${text}`)
      .join("\n");
  }
}
