import { BatchAbandoned, BatchClosed, StaleFence } from "../../lambdas/domain/faults.ts";
import { batchItem } from "../builders.ts";
import { itemOf, type World } from "../world.ts";

/** What ends a batch, or takes it from the people who decide, and what whoever still tries to is told. */
export type Ended = readonly [
  what: string,
  end: (world: World) => Promise<void>,
  fault: new (message: string) => Error,
];

export const ENDED: readonly Ended[] = [
  [
    "is closed",
    (world) =>
      world.ledger.writeBatch(batchItem({ stream: world.stream.name, version: 2, state: "CLOSED" }), 1),
    BatchClosed,
  ],
  [
    "was abandoned",
    (world) =>
      world.ledger.writeBatch(batchItem({ stream: world.stream.name, version: 2, state: "ABANDONED" }), 1),
    BatchAbandoned,
  ],
  [
    "does not hold the lock",
    async (world) => {
      const { batch: _batch, ...item } = await itemOf(world);
      await world.ledger.writeStream({ ...item, version: item.version + 1 }, item.version);
    },
    StaleFence,
  ],
];
