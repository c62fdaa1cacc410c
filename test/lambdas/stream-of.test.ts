import { expect, test } from "vitest";
import { StreamUnknown } from "../../lambdas/domain/faults.ts";
import { streamOf } from "../../lambdas/stream-of.ts";
import { configuration, stream } from "../builders.ts";

const settings = configuration(stream({ name: "au-cba" }));

test("a stream is found by its name, and by no other that every object has", () => {
  expect(streamOf(settings, "au-cba").name).toBe("au-cba");
  expect(() => streamOf(settings, "constructor")).toThrow(StreamUnknown);
});

test("a stream that is not there is named, but for what cannot be a stream's name", () => {
  expect(() => streamOf(settings, "au-wbc")).toThrow("there is no stream au-wbc in the configuration");
  expect(() => streamOf(settings, "083-170 1234")).toThrow(
    "there is no stream of that name in the configuration",
  );
});
