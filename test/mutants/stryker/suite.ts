import { format } from "node:util";

type Body = (...given: never[]) => unknown;

/** A describe block, or the file itself at its root, with its hooks. */
interface Block {
  readonly name: string;
  readonly within: Block | undefined;
  readonly beforeAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly afterAll: Body[];
}

/** A test as a value, which can be run as often as there are mutants. */
export interface Case {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  /** Runs it with every hook around it, each test on its own, so that none needs another to have run. */
  readonly run: () => Promise<void>;
}

const block = (name: string, within?: Block): Block => ({
  name,
  within,
  beforeAll: [],
  beforeEach: [],
  afterEach: [],
  afterAll: [],
});

let file = "";
let current = block("");
let cases: Case[] = [];

/** What a test file declares while `load` imports it. */
export async function casesOf(path: string, load: () => Promise<unknown>): Promise<readonly Case[]> {
  file = path;
  current = block("");
  cases = [];
  await load();
  return cases;
}

const around = (inner: Block | undefined): Block[] => (inner ? [...around(inner.within), inner] : []);

async function runIn(inner: Block, body: Body): Promise<void> {
  const blocks = around(inner);
  const reversed = blocks.toReversed();
  try {
    for (const one of blocks) for (const hook of one.beforeAll) await hook();
    for (const one of blocks) for (const hook of one.beforeEach) await hook();
    await body();
  } finally {
    for (const one of reversed) for (const hook of one.afterEach) await hook();
    for (const one of reversed) for (const hook of one.afterAll) await hook();
  }
}

/** Names as vitest writes them, but for `$` in a title. */
function titled(title: string, given: readonly unknown[]): string {
  const wanted = title.match(/%[sdifjoO]/g)?.length ?? 0;
  return wanted === 0 ? title : format(title, ...given.slice(0, wanted));
}

function add(title: string, body: Body): void {
  const inner = current;
  const name = [...around(inner).map((one) => one.name), title].filter((part) => part !== "").join(" ");
  const twin = cases.filter((one) => one.name === name).length;
  const id = `${file}#${name}${twin === 0 ? "" : ` (${twin + 1})`}`;
  cases.push({ id, name, file, run: () => runIn(inner, body) });
}

function within(title: string, body: () => void): void {
  const outer = current;
  current = block(title, outer);
  body();
  current = outer;
}

type Each = (rows: readonly unknown[]) => (title: string, body: Body) => void;
const each =
  (declare: (title: string, body: () => unknown) => void): Each =>
  (rows) =>
  (title, body) => {
    for (const row of rows) {
      const given = Array.isArray(row) ? row : [row];
      declare(titled(title, given), () => body(...(given as never[])));
    }
  };

/** What test files import from vitest. Their `expect` is vitest's own. */
export const it = Object.assign(add, { each: each(add) });
export const test = it;
export const describe = Object.assign(within, {
  each: each((title, body) => within(title, () => void body())),
});
export const beforeAll = (hook: Body): unknown => current.beforeAll.push(hook);
export const beforeEach = (hook: Body): unknown => current.beforeEach.push(hook);
export const afterEach = (hook: Body): unknown => current.afterEach.push(hook);
export const afterAll = (hook: Body): unknown => current.afterAll.push(hook);
export { expect } from "vitest";
