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
      }),
  };
}

/** dynalite dies of a store that it cannot open, and not at once; so LevelDB opens it first, and may refuse. */
async function openOnce(folder: string): Promise<void> {
  const level = new Level(folder);
  await level.open();
  await level.close();
}

/** dynalite throws where nobody can catch when a client goes away before its answer: takes no error listener. */
function survive(request: IncomingMessage): void {
  request.on("error", () => {});
  const on: typeof request.on = request.on.bind(request);
  request.on = ((event: string, listener: () => void) =>
    event === "error" ? request : on(event, listener)) as typeof request.on;
}
