import type { ClaimFacts } from "../../domain/release.ts";
import type { BatchItem, Claim, FileItem, SegmentItem } from "../../domain/records.ts";
import type { Ledger } from "../../ports.ts";

/**
 * What the ledger knows of the batches behind other claims, each read once per call: a list that was run
 * before meets the same few batches in every row. A fact that has grown old since can only hold a claim that
 * was released meanwhile; no claim that was released is ever held again.
 */
export function claimFacts(ledger: Ledger): (claim: Claim) => Promise<ClaimFacts> {
  const batches = new Map<string, Promise<{ batch: BatchItem | undefined; files: FileItem[] }>>();
  const segments = new Map<string, Promise<SegmentItem | undefined>>();
  return async (claim) => {
    const batch = once(batches, claim.batchId, async () => ({
      batch: await ledger.readBatch(claim.batchId),
      files: await ledger.readFiles(claim.batchId),
    }));
    const segment = once(segments, `${claim.batchId}#${claim.segment}`, () =>
      ledger.readSegment(claim.batchId, claim.segment),
    );
    const [known, record] = await Promise.all([batch, segment]);
    return { ...known, segment: record };
  };
}

function once<T>(kept: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const reading = read();
  kept.set(key, reading);
  return reading;
}
