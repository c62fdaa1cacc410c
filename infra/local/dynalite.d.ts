/** dynalite brings no types; these are the parts that the local stack uses. */
declare module "dynalite" {
  import type { Server } from "node:http";

  export default function dynalite(options: {
    /** The LevelDB folder; in memory without it. */
    readonly path?: string;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }): Server;
}
