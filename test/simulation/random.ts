/** Numbers that look random and are the same for the same seed, on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number, both ends included. */
  int(from: number, to: number): number;
  /** True with that probability. */
  chance(probability: number): boolean;
  /** One of a list that is not empty. */
  pick<Item>(list: readonly Item[]): Item;
  /** The list in another order. */
  shuffle<Item>(list: readonly Item[]): Item[];
  /**
   * A generator of its own under that label: the same one however much is drawn here or there, so that one more draw in
   * one place changes nothing in the others.
   */
  fork(label: string): Random;
}

const TWO_32 = 2 ** 32;

/** The generator of a seed: sfc32, whose state is a hash of the seed. */
export function random(seed: number | string): Random {
  const text = String(seed);
  const hash = hashes(text);
  let a = hash();
  let b = hash();
  let c = hash();
  let counter = 1;

  const bits = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  // Seeds that differ in one bit look alike until the state has been stirred.
  for (let times = 0; times < 12; times += 1) bits();

  const next = (): number => bits() / TWO_32;
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (list) => {
      if (list.length === 0) throw new RangeError("there is nothing to pick from");
      return list[Math.floor(next() * list.length)] as (typeof list)[number];
    },
    shuffle: (list) => {
      const shuffled = [...list];
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = int(0, last);
        const moved = shuffled[last] as (typeof list)[number];
        shuffled[last] = shuffled[other] as (typeof list)[number];
        shuffled[other] = moved;
      }
      return shuffled;
    },
    fork: (label) => random(`${text}/${label}`),
  };
}

/** Numbers of 32 bits made of a text (xmur3). */
function hashes(text: string): () => number {
  let state = 1779033703 ^ text.length;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 3432918353);
    state = (state << 13) | (state >>> 19);
  }
  return () => {
    state = Math.imul(state ^ (state >>> 16), 2246822507);
    state = Math.imul(state ^ (state >>> 13), 3266489909);
    state ^= state >>> 16;
    return state | 0;
  };
}
