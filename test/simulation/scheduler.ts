import type { Time } from "./events.ts";

interface Task {
  readonly at: Time;
  /** Among tasks of the same instant chance decides, or an order would never be seen. */
  readonly turn: number;
  readonly order: number;
  readonly what: string;
  readonly act: () => void;
  cancelled: boolean;
}

/**
 * Virtual time: what is due next runs, then everything that it has set going in memory, and then the next. If nothing is
 * due the clock jumps. There is one thread, and no other clock.
 */
export class Scheduler {
  now: Time;
  readonly #tasks: Task[] = [];
  readonly #turn: () => number;
  #orders = 0;

  constructor(start: Time, turn: () => number) {
    this.now = start;
    this.#turn = turn;
  }

  /** Runs `then` after that many milliseconds; the result cancels it. */
  after(ms: number, what: string, then: () => void): () => void {
    this.#orders += 1;
    const task: Task = {
      at: this.now + Math.max(0, Math.round(ms)),
      turn: this.#turn(),
      order: this.#orders,
      what,
      act: then,
      cancelled: false,
    };
    this.#push(task);
    return () => {
      task.cancelled = true;
    };
  }

  /** Lets some virtual time pass. */
  sleep(ms: number, what: string): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, what, resolve);
    });
  }

  /**
   * Runs what is due until `isOver` says so or nothing is left. Returns how many tasks ran.
   * @throws if more than `most` tasks run: something goes round in circles
   */
  async run(isOver: () => boolean, most: number): Promise<number> {
    let ran = 0;
    for (;;) {
      if (isOver()) return ran;
      const task = this.#pop();
      if (task === undefined) return ran;
      if (task.cancelled) continue;
      ran += 1;
      if (ran > most) throw new Error(`more than ${most} tasks: the last one was ${task.what}`);
      this.now = task.at;
      task.act();
      await drained();
    }
  }

  #push(task: Task): void {
    const heap = this.#tasks;
    let at = heap.length;
    heap.push(task);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, heap[parent] as Task)) break;
      heap[at] = heap[parent] as Task;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): Task | undefined {
    const heap = this.#tasks;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[at] = heap[child] as Task;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.turn !== b.turn ? a.turn < b.turn : a.order < b.order;
}

/**
 * Everything in memory answers by promises alone. A tick comes when no promise has anything left to do, and costs no
 * round of the event loop, of which a run would need ten thousand.
 */
function drained(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
