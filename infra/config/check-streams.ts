import type { Stream } from "../../lambdas/domain/stream.ts";
import { WrongInput } from "../wrong-input.ts";
import { streamShape } from "./stream-shape.ts";

interface Problem {
  readonly stream: string;
  readonly field: string;
  readonly rule: string;
}

/**
 * Judges the streams one by one and against each other.
 * @param retired codes of streams that are gone, which no stream may have again
 * @returns the streams as they came
 * @throws WrongInput with one line per wrong field: `stream au-cba: cutOff: must be …`
 */
export function checkStreams(streams: readonly Stream[], retired: readonly string[]): readonly Stream[] {
  const problems = [...streams.flatMap(fieldProblems), ...commonProblems(streams, retired)];
  if (problems.length > 0) {
    const lines = problems.map(({ stream, field, rule }) => `stream ${stream}: ${field}: ${rule}`);
    throw new WrongInput(lines.join("\n"));
  }
  return streams;
}

function fieldProblems(stream: Stream): Problem[] {
  const { error } = streamShape.safeParse(stream);
  return (error?.issues ?? []).flatMap((issue) => {
    const problem = (path: readonly PropertyKey[], rule: string) => ({
      stream: stream.name,
      field: path.map(String).join("."),
      rule,
    });
    // Of a field that nobody knows, the issue only tells what holds it; of a wrong key, only that it is wrong.
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => problem([...issue.path, key], "is not a field that a stream has"));
    }
    if (issue.code === "invalid_key") return issue.issues.map((own) => problem(issue.path, own.message));
    return [problem(issue.path, issue.message)];
  });
}

function commonProblems(streams: readonly Stream[], retired: readonly string[]): Problem[] {
  return streams.flatMap((stream, index) => {
    const others = streams.slice(0, index);
    const problems: Problem[] = [];
    const add = (field: string, rule: string) => problems.push({ stream: stream.name, field, rule });
    if (others.some(({ name }) => name === stream.name))
      add("name", "must not be the name of another stream");
    const twin = others.find(({ code }) => opening(code) === opening(stream.code));
    if (twin) add("code", `must not open references as the code of stream ${twin.name} does`);
    if (retired.some((code) => opening(code) === opening(stream.code))) {
      add("code", "must not be a retired code: returns of the stream that had it may still come");
    }
    return problems;
  });
}

/**
 * How a code stands in a file's description: filled up with zeros to four columns. There `C` and `C0` are one,
 * and two streams under one user id would give two files the same description.
 */
function opening(code: string): string {
  return code.padEnd(4, "0");
}
