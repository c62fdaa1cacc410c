import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const source = (file: string) => readFileSync(`${ROOT}${file}`, "utf8");

/** What of a page is a path of this repository: between backticks from one of its top-level entries, or a link. */
function pathsIn(page: string): string[] {
  const quoted = [...page.matchAll(/`((?:infra|lambdas|test|\.ci|\.github)\/[\w./-]*)`/g)];
  const linked = [...page.matchAll(/\]\(\.\.\/([^)#]+)\)/g)];
  return [...quoted, ...linked].map(([, path]) => path as string);
}

describe("what a contributor reads", () => {
  it.each([
    ["CONTRIBUTING.md", 25],
    ["SECURITY.md", 1],
  ])("%s names no file that is not there", (page, least) => {
    const paths = pathsIn(source(`.github/${page}`));
    expect(paths.length).toBeGreaterThanOrEqual(least);
    expect(paths.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
  });

  it("names no npm script that is not there", () => {
    const { scripts } = JSON.parse(source("package.json")) as { scripts: Record<string, string> };
    const pages = ["README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", ".ci/run"]
      .map(source)
      .join("\n");
    const named = [...pages.matchAll(/npm run (?:--silent |-s )?([\w:]+)/g)].map(
      ([, name]) => name as string,
    );
    expect(named).toContain("cost");
    expect(named).toContain("sbom");
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it("tells how to add a state, a bank profile and an exclusion reason", () => {
    const headings = [...source(".github/CONTRIBUTING.md").matchAll(/^## (.+)$/gm)].map(([, text]) => text);
    expect(headings).toEqual(
      expect.arrayContaining(["Add a state", "Add a bank profile", "Add an exclusion reason"]),
    );
  });

  it("is asked which guard and which red test a pull request has", () => {
    expect(source(".github/PULL_REQUEST_TEMPLATE.md")).toMatch(/^## Which guard, which red test$/m);
  });
});

describe("the owners", () => {
  const rules = source(".github/CODEOWNERS")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/\s+/));
  // The last line that fits decides.
  const ownersOf = (path: string) =>
    rules.findLast(([pattern = ""]) => pattern === "*" || `/${path}`.startsWith(pattern))?.slice(1) ?? [];

  it("own paths that are there", () => {
    const paths = rules.map(([path = ""]) => path).filter((path) => path !== "*");
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(`${ROOT}${path.slice(1)}`))).toEqual([]);
  });

  it("are of payments risk for every step on the way of the money, and for the gate nobody who wrote the writer", () => {
    const states = readdirSync(`${ROOT}lambdas/billing-batch`).map(
      (state) => `lambdas/billing-batch/${state}/`,
    );
    expect(states.length).toBeGreaterThan(5);
    expect(states.filter((path) => !ownersOf(path).includes("@your-org/payments-risk"))).toEqual([]);
    expect(ownersOf("lambdas/billing-batch/reconcile/")).toEqual(["@your-org/payments-risk"]);
  });

  it("are two teams for all that keeps deployments and batches apart, and for what people are told to do about it", () => {
    const named = (folder: string) =>
      readdirSync(`${ROOT}${folder}`)
        .filter((name) => /deploy|calendar|github|operations|audit/.test(name))
        .map((name) => `${folder}/${name}${name.includes(".") ? "" : "/"}`);
    const paths = [...named("lambdas"), ...named("infra"), "infra/stacks/blackout.ts", "infra/runbook.md"];
    expect(paths.length).toBeGreaterThan(12);
    expect(paths.map((path) => [path, ownersOf(path).length])).toEqual(paths.map((path) => [path, 2]));
  });
});

describe("the updates of dependencies", () => {
  const rules = source(".github/dependabot.yml");
  const pins = JSON.parse(source("package.json")) as Record<
    "dependencies" | "devDependencies" | "optionalDependencies",
    Record<string, string>
  >;
  const all = { ...pins.dependencies, ...pins.devDependencies, ...pins.optionalDependencies };

  it("are proposed for packages and for actions", () => {
    const ecosystems = [...rules.matchAll(/package-ecosystem: (\S+)/g)].map(([, name]) => name);
    expect(ecosystems).toEqual(["npm", "github-actions"]);
  });

  it("start from exact versions", () => {
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it("leave the pins alone that must not move, by names that are installed", () => {
    const ignored = [...rules.matchAll(/dependency-name: "?([^"\s]+)"?/g)].map(([, name]) => name as string);
    for (const name of ["aws-cdk", "@biomejs/biome", "oxlint", ...Object.keys(pins.optionalDependencies)]) {
      expect(
        ignored.some((pattern) => matches(pattern, name)),
        name,
      ).toBe(true);
    }
    const idle = ignored.filter((pattern) => !Object.keys(all).some((name) => matches(pattern, name)));
    expect(idle).toEqual([]);
    expect(rules).toMatch(/dependency-name: aws-cdk\n\s+versions: \[">=3\.0\.0"\]/);
    expect(all["aws-cdk"]).toMatch(/^2\./);
  });
});

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
