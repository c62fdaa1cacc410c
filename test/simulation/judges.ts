import type { Bank } from "./bank.ts";
import type { Observer, SimulationEvent, Violation } from "./events.ts";
import { ClaimLayers } from "./claim-layers.ts";
import { type DeployMark, DeployLayers } from "./deploy-layers.ts";
import { GateLayers } from "./gate-layers.ts";
import { Layers } from "./layers.ts";
import { Marks } from "./marks.ts";
import { Picture } from "./picture.ts";
import { Sending } from "./sending.ts";
import { Truth } from "./truth.ts";
import type { Workload } from "./workload.ts";

/**
 * Layers cover for each other: what the bank got may be right although one of them is out. "nobody" lets a run go on
 * whatever it breaks, to show what comes of it.
 */
export type JudgedBy = "all" | "end-to-end" | "nobody";

/** Everybody who judges a run, in the order in which they must see each event. */
export class Judges implements Observer {
  readonly picture = new Picture();
  readonly marks: Marks;
  readonly #deployments: DeployLayers;
  readonly #layers: readonly Observer[];
  readonly #truth: Truth;

  readonly #judgedBy: JudgedBy;

  /** @param bank that takes each object by itself, or is told by the engine, before these judges see that it landed */
  constructor(workload: Workload, bank: Bank, judgedBy: JudgedBy = "all") {
    this.#judgedBy = judgedBy;
    const layers = new Layers(this.picture);
    const claims = new ClaimLayers(this.picture, workload, (claim) => layers.held(claim));
    this.#deployments = new DeployLayers(this.picture, Object.keys(workload.configuration.streams));
    this.#layers = [
      layers,
      claims,
      new GateLayers(this.picture),
      new Sending(workload, this.picture),
      this.#deployments,
    ];
    this.marks = new Marks(this.picture, bank);
    this.#truth = new Truth(workload, bank, this.picture);
  }

  see(event: SimulationEvent): readonly Violation[] {
    if (this.#judgedBy === "nobody") return [];
    // Layers and marks compare a write with the ledger before it, the truth asks about the ledger after it.
    const broken = this.#judgedBy === "all" ? this.#brokenLayers(event) : NONE;
    this.marks.see(event);
    this.picture.see(event);
    return together(broken, this.#truth.see(event));
  }

  /** What deployments have come through. */
  get deployments(): ReadonlyMap<DeployMark, number> {
    return this.#deployments.counts;
  }

  #brokenLayers(event: SimulationEvent): readonly Violation[] {
    let all = NONE;
    // Nearly no event breaks anything, and there are thousands.
    for (const layer of this.#layers) all = together(all, layer.see(event));
    return all;
  }

  /** What must hold when everything is over. */
  atRest(): readonly Violation[] {
    return this.#truth.atRest();
  }
}

const NONE: readonly Violation[] = [];

function together(some: readonly Violation[], more: readonly Violation[]): readonly Violation[] {
  if (some.length === 0) return more;
  return more.length === 0 ? some : [...some, ...more];
}
