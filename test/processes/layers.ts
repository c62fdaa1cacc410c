import type { StreamItem } from "../../lambdas/domain/records.ts";
import type { StoredItem } from "../batch/local-stores.ts";
import type { Request } from "./shared-stores.ts";

/**
 * What each layer promises by itself, judged from the writes that the stores accepted: where one layer is broken and
 * another covers for it, the bank's inbox shows nothing.
 */
export class Layers {
  readonly faults = new Set<string>();
  #version = 0;
  #fence = 0;
  readonly #executionOf: (run: number) => string;
  /** The fence that each execution has won last. */
  readonly #fences = new Map<string, number>();
  readonly #claims = new Map<string, unknown>();
  readonly #submissions = new Map<string, { readonly kind: unknown; readonly run: number }>();
  /** The workers that have acquired the lock, one after the other. */
  readonly acquirers: number[] = [];
  /** How often a write of the lock was refused because somebody else was faster. */
  refusedLocks = 0;

  /** @param executionOf names the execution of a run, the same for all processes that have taken it up */
  constructor(executionOf: (run: number) => string) {
    this.#executionOf = executionOf;
  }

  asked({ operation, target, run }: Request): void {
    const nn = /\/([^/]+)-(\d{2})\.aba(?:\?|$)/.exec(target);
    if (operation !== "PUT" || nn === null) return;
    const submission = this.#submissions.get(`SUBMISSION#${nn[1]}#${nn[2]} INTENT`);
    if (submission?.kind !== "INTENT" || submission.run !== run)
      this.faults.add(`${target} is put by a run that has not won its intent`);
  }

  answered({ operation, target, item, answer, by, worker, run }: Request): void {
    if (operation !== "PutItem" || item === undefined) return;
    const isLock = target.startsWith("STREAM#") && target.endsWith(" STATE");
    if (isLock && by === "AcquireLock" && answer?.status === 400) this.refusedLocks += 1;
    if (answer?.status !== 200) return;
    if (isLock) this.#stream(item as StoredItem & StreamItem, by, worker, run);
    else if (target.includes(" DEBIT#")) this.#claim(target, item);
    else if (target.startsWith("SUBMISSION#")) this.#submission(target, item, run);
  }

  #stream({ version, fence }: StreamItem, by: string, worker: number, run: number): void {
    const execution = this.#executionOf(run);
    if (by === "AcquireLock") this.#fences.set(execution, fence);
    // A person's decision, and the release of a batch that is closed, carry no fence.
    const isFenced = by === "ComposeBankFile" || by === "Reconcile" || by === "SubmitBankFile";
    if (isFenced && this.#fences.get(execution) !== fence)
      this.faults.add(`${by} writes under fence ${fence}, which its execution has not won`);
    if (version !== this.#version + 1)
      this.faults.add(`${by} writes version ${version} of the stream's item over version ${this.#version}`);
    if (fence < this.#fence) this.faults.add(`${by} lowers the fence from ${this.#fence} to ${fence}`);
    if (fence > this.#fence) this.acquirers.push(worker);
    this.#version = version;
    this.#fence = fence;
  }

  #claim(target: string, { batchId }: StoredItem): void {
    // A released claim is taken over by another batch; a batch's own claim is never written again.
    if (this.#claims.get(target) === batchId)
      this.faults.add(`a claim of ${String(batchId)} is written twice`);
    this.#claims.set(target, batchId);
  }

  #submission(target: string, { kind }: StoredItem, run: number): void {
    if (this.#submissions.has(target)) this.faults.add(`${target} is written twice`);
    this.#submissions.set(target, { kind, run });
  }
}
