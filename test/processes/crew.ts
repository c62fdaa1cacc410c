import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { News, Order, Surroundings } from "./messages.ts";

const ENTRY = fileURLToPath(new URL("worker.ts", import.meta.url));
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/debit-once", import.meta.url));

/** A worker as its referee sees it. */
export class Worker {
  readonly number: number;
  /** Told of everything that the process says. */
  onNews: (news: News) => void = () => {};
  /** Over when the process is gone and all that it had said is heard. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  #lastWords = "";

  constructor(surroundings: Surroundings) {
    this.number = surroundings.worker;
    // Nothing of a test runner's, or of an AWS account's, reaches a worker.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(AWS_|NODE_|VITEST)/.test(name)),
    );
    this.#child = fork(ENTRY, [JSON.stringify(surroundings)], {
      execArgv: [],
      env: { ...env, NODE_COMPILE_CACHE: join(CACHE, "compiled") },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.on("message", (news) => this.onNews(news as News));
    // A message to a process that has just died is lost, as it would be between machines.
    this.#child.on("error", () => {});
    this.#child.stderr?.on("data", (text) => (this.#lastWords = `${this.#lastWords}${text}`.slice(-4000)));
    this.gone = this.#gone();
  }

  async #gone(): Promise<void> {
    await Promise.all(
      ["exit", "disconnect"].map((event) => new Promise<void>((done) => this.#child.once(event, done))),
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  give(order: Order): void {
    this.#child.send(order, () => {});
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Takes the processor away from it, as a long pause of a machine would. */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  wake(): void {
    this.#child.kill("SIGCONT");
  }

  /** What the process wrote to its standard error last. */
  get lastWords(): string {
    return this.#lastWords;
  }
}

/** Warm workers: as many as wanted are loaded ahead, and whoever dies is replaced. */
export class Crew {
  readonly #surroundings: Omit<Surroundings, "worker">;
  readonly #spares: number;
  readonly #all = new Set<Worker>();
  readonly #ready: Worker[] = [];
  readonly #waiting: PromiseWithResolvers<Worker>[] = [];
  #loading = 0;
  #made = 0;
  #closed = false;

  constructor(surroundings: Omit<Surroundings, "worker">, spares: number) {
    this.#surroundings = surroundings;
    this.#spares = spares;
    process.once("exit", this.#killAll);
    this.#refill();
  }

  /** How many processes were started so far. */
  get made(): number {
    return this.#made;
  }

  /** A worker that has loaded the app and has nothing to do. */
  async hand(): Promise<Worker> {
    const worker = this.#ready.shift();
    const waiting = Promise.withResolvers<Worker>();
    if (worker) waiting.resolve(worker);
    else this.#waiting.push(waiting);
    this.#refill();
    return waiting.promise;
  }

  /** Takes a worker back whose run has ended. */
  back(worker: Worker): void {
    worker.onNews = () => {};
    if (this.#all.has(worker)) this.#give(worker);
  }

  /** Ends every process, stopped ones too, and waits until they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    process.off("exit", this.#killAll);
    this.#killAll();
    await Promise.all([...this.#all].map(({ gone }) => gone));
  }

  readonly #killAll = () => {
    for (const worker of this.#all) worker.kill();
  };

  #give(worker: Worker): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(worker);
    else this.#ready.push(worker);
  }

  #refill(): void {
    const wanted = () => this.#spares + this.#waiting.length - this.#ready.length - this.#loading;
    while (!this.#closed && wanted() > 0) this.#load();
  }

  #load(): void {
    this.#loading += 1;
    const worker = new Worker({ ...this.#surroundings, worker: (this.#made += 1) });
    this.#all.add(worker);
    let isLoaded = false;
    worker.onNews = () => {
      isLoaded = true;
      this.#loading -= 1;
      worker.onNews = () => {};
      this.#give(worker);
    };
    void this.#mourn(worker, () => isLoaded);
  }

  /** Waits for the end of a worker, and loads another in its place. */
  async #mourn(worker: Worker, isLoaded: () => boolean): Promise<void> {
    await worker.gone;
    this.#all.delete(worker);
    const at = this.#ready.indexOf(worker);
    if (at !== -1) this.#ready.splice(at, 1);
    if (isLoaded()) return this.#refill();
    this.#loading -= 1;
    // Another one would die of the same.
    const error = new Error(`a worker process died while it was loading: ${worker.lastWords}`);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
