import { readFile, rename, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import dynalite from "dynalite";
import { Level } from "level";

export interface TableServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves DynamoDB on a free port of the loopback address, with its data in that LevelDB folder, or in memory.
 *
 * @throws the error of LevelDB, with its code in a cause (LEVEL_LOCKED, LEVEL_CORRUPTION …)
 */
export async function serveTables(folder: string | undefined): Promise<TableServer> {
  if (folder !== undefined) await openOnce(folder);
  const tables = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(folder === undefined ? {} : { path: folder }),
  });
  tables.prependListener("request", survive);
  // A connection that the server gives up for idle just when the client uses it again is an error without an
  // answer, and a put to the bank that is sent once would be in doubt for it.
  tables.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    tables.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (tables.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve, reject) => {
        tables.close((error) => (error ? reject(error) : resolve()));
        tables.closeAllConnections();
      }).then(() => (folder === undefined ? undefined : remember(folder))),
  };
}

/**
 * dynalite dies of a store that it cannot open, and not at once; so LevelDB opens it first, and may refuse.
 *
 * LevelDB drops what follows a damaged byte of its log without a word, and a ledger that has forgotten its claims
 * debits again. Its items are never deleted, so fewer of them than at the last orderly end are damage.
 */
async function openOnce(folder: string): Promise<void> {
  const found = await items(folder);
  const known = Number(await readFile(countOf(folder), "utf8").catch(() => "0"));
  if (found < known) {
    const message = `the tables hold ${found} items, and held ${known} when they were last closed`;
    throw Object.assign(new Error(message), { code: "LEVEL_CORRUPTION" });
  }
}

async function remember(folder: string): Promise<void> {
  await writeFile(`${countOf(folder)}.part`, String(await items(folder)));
  await rename(`${countOf(folder)}.part`, countOf(folder));
}

function countOf(folder: string): string {
  return `${folder}.count`;
}

/** All items but those of the idempotency table, which alone may become fewer. */
async function items(folder: string): Promise<number> {
  const level = new Level(folder);
  await level.open();
  try {
    let count = 0;
    for await (const key of level.keys()) if (!/idempotency/i.test(key)) count += 1;
    return count;
  } finally {
    await level.close();
  }
}

/** dynalite throws where nobody can catch when a client goes away before its answer: takes no error listener. */
function survive(request: IncomingMessage): void {
  request.on("error", () => {});
  const on: typeof request.on = request.on.bind(request);
  request.on = ((event: string, listener: () => void) =>
    event === "error" ? request : on(event, listener)) as typeof request.on;
}
