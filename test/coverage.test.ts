import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import config from "../vitest.config.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const source = (file: string) => readFileSync(`${ROOT}${file}`, "utf8");
const lambdaFiles = readdirSync(`${ROOT}lambdas`, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => `lambdas/${file}`);

/** Branches that are not counted, by file, each with the reason why no test can reach it. There is none. */
const NOT_COUNTED: Readonly<Record<string, string>> = {};

describe("the coverage of domain and steps", () => {
  it("is asked for by `npm test`, and is all of it, file by file", () => {
    const { scripts } = JSON.parse(source("package.json")) as { scripts: Record<string, string> };
    expect(scripts["test"]).toMatch(/ && npm run coverage && /);
    expect(scripts["coverage"]).toBe("vitest run --project steps --coverage");
    expect(config.test?.coverage).toMatchObject({
      include: ["lambdas/**/*.ts"],
      exclude: ["lambdas/adapters/**", "lambdas/**/handler.ts", "test/**"],
      thresholds: { perFile: true, branches: 100, functions: 100, lines: 100, statements: 100 },
    });
  });

  it("leaves no branch out by a comment, but for those that are listed with their reason", () => {
    const ignoring = /\b(?:v8|c8|istanbul|node:coverage)\s+(?:ignore|disable)\b/g;
    const found = lambdaFiles.flatMap((file) => Array.from(source(file).matchAll(ignoring), () => file));
    expect(lambdaFiles.length).toBeGreaterThan(100);
    expect(found.sort()).toEqual(Object.keys(NOT_COUNTED).sort());
  });

  it("misses no branch of the handlers, which have none", () => {
    const branch = /\?\?|\?\.|&&|\|\||\s\?\s|\b(?:if|switch|for|while|catch)\b\s*[({]/;
    const handlers = lambdaFiles.filter((file) => file.endsWith("/handler.ts"));
    expect(handlers.length).toBeGreaterThan(12);
    expect(handlers.filter((file) => branch.test(source(file)))).toEqual([]);
  });
});
