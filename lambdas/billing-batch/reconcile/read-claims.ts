import type { Claim } from "../../domain/records.ts";
import { claimKey, type DebitKey } from "./debit-key.ts";
import type { Claims } from "./refusals.ts";

/**
 * The claims that were read for some lines of the due list. Nearly every claim names the line that asked for it,
 * and is found by that line; names are made only where one does not.
 */
export class ReadClaims {
  readonly #all: readonly Claim[];
  readonly #byIndex: (Claim | undefined)[];
  /** Whether a claim may have to be found by another line than the one that it names. */
  #astray: boolean;
  #byName: Claims | undefined;

  /**
   * @param keys the debits of the lines from `first` on; undefined for a line that can have none
   * @param repeats whether two of the lines may have one debit
   */
  constructor(
    claims: readonly Claim[],
    keys: readonly (DebitKey | undefined)[],
    first: number,
    repeats: boolean,
  ) {
    this.#all = claims;
    this.#astray = repeats;
    this.#byIndex = new Array<Claim | undefined>(keys.length);
    for (const claim of claims) {
      const index = claim.line - first;
      if (isOf(claim, keys[index])) this.#byIndex[index] = claim;
      else this.#astray = true;
    }
  }

  /** The claim under that key, which is the one of that index. */
  of(index: number, key: DebitKey): Claim | undefined {
    return this.#byIndex[index] ?? (this.#astray ? this.byName.get(claimKey(key)) : undefined);
  }

  /** All of them. */
  get byName(): Claims {
    return (this.#byName ??= new Map(this.#all.map((claim) => [claimKey(claim), claim])));
  }
}

function isOf(claim: DebitKey, key: DebitKey | undefined): boolean {
  return (
    key !== undefined &&
    claim.mandateId === key.mandateId &&
    claim.dueDate === key.dueDate &&
    claim.attempt === key.attempt
  );
}
