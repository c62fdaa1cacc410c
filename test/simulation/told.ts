import type { Claim } from "../../lambdas/domain/records.ts";
import type { Ledger, Objects } from "../../lambdas/ports.ts";
import { intercepted } from "../port-faults.ts";
import type { Caller, Effect, SimulationEvent } from "./events.ts";

/** Ports without faults whose every effect is told: what judges see of steps that run one after the other. */
export function told(
  ports: { readonly ledger: Ledger; readonly objects: Objects },
  caller: Caller,
  now: () => number,
  tell: (event: SimulationEvent) => void,
): { ledger: Ledger; objects: Objects } {
  const telling = <Port extends object>(port: Port, name: Effect["port"]): Port =>
    intercepted(port, async ({ method, args, reach }) => {
      const before = await beforeOf(ports.ledger, method, args);
      const effect = { type: "effect", at: now(), caller, port: name, method, args, unheard: false } as const;
      const stood = before === undefined ? {} : { before };
      try {
        const value = await reach();
        tell({ ...effect, ...stood, value });
        return value;
      } catch (error) {
        tell({ ...effect, ...stood, error });
        throw error;
      }
    });
  return { ledger: telling(ports.ledger, "ledger"), objects: telling(ports.objects, "objects") };
}

type Named = {
  readonly stream: string;
  readonly id: string;
  readonly batchId: string;
  readonly segment: number;
  readonly number: number;
};

/** What stands in the ledger where this call will write. */
async function beforeOf(ledger: Ledger, method: string, args: readonly unknown[]): Promise<unknown> {
  const [item, second] = args;
  const named = item as Named;
  switch (method) {
    case "writeStream":
      return ledger.readStream(named.stream);
    case "writeBatch":
      return ledger.readBatch(named.id);
    case "createSegment":
      return ledger.readSegment(named.batchId, named.segment);
    case "createFile":
      return (await ledger.readFiles(item as string)).find(
        ({ number }) => number === (second as Named).number,
      );
    case "createSubmission":
      return ledger.readSubmission(named.batchId, named.number);
    case "writeClaim":
      return (await ledger.readClaimsNamed([item as Claim]))[0];
    default:
      return undefined;
  }
}
