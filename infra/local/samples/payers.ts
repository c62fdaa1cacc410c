import type { Random } from "./random.ts";

/** The merchants of the samples, and the people and businesses that pay them. All of it is invented. */
export interface Merchant {
  readonly id: string;
  readonly name: string;
  /** Cents: fixed prices, or the lowest and highest bill. */
  readonly prices?: readonly number[];
  readonly bills?: readonly [number, number];
}

/** Names longer than 16 need an entry in the stream's `remitterNames`; a quote is outside the BECS set too. */
export const MERCHANTS: readonly Merchant[] = [
  { id: "m-harbour-energy", name: 'Harbour Energy Pty Ltd, t/a "Harbour Power"', bills: [8_000, 60_000] },
  { id: "m-coastline-gym", name: "Coastline Gym", prices: [2_995, 3_995, 4_995, 6_490] },
  { id: "m-greenleaf-insure", name: "Greenleaf Insurance Australia Limited", bills: [4_500, 25_000] },
  { id: "m-tidewater-telco", name: "Tidewater Télco", prices: [3_900, 5_900, 7_900, 8_900, 11_900] },
  { id: "m-redgum-council", name: "Redgum Shire Council", bills: [30_000, 70_000] },
];

const TRADES = ["Gym", "Pools", "Music", "Vet", "Storage", "Coffee", "Daycare", "Tennis"];

/** The first `count` merchants; beyond the five, made-up small ones whose names fit a bank file as they are. */
export function merchants(count: number): Merchant[] {
  return Array.from({ length: count }, (_, index) => {
    const known = MERCHANTS[index];
    if (known) return known;
    const trade = TRADES[index % TRADES.length] as string;
    const id = `m-wattle-${trade.toLowerCase()}-${index + 1}`;
    return { id, name: `${trade} ${index + 1}`, bills: [2_500, 20_000] as const };
  });
}

const GIVEN = (
  "Zoë Siobhán José Chloé Łukasz Søren Ngọc Olivia Jack Charlotte Noah Amelia Mia Priya Arjun Wei Mei Ahmed Fatima " +
  "Ioanna Giulia Marco Aroha Tāne Kirra Jarrah Lachlan Matilda Bronwyn Callum"
).split(" ");

const SURNAMES = [
  ..."Nguyen Smith O'Brien D'Angelo Papadopoulos Singh Müller Đặng Wang Kowalczyk García Fitzgerald".split(
    " ",
  ),
  ..."Jones Williams Taylor Brown Wilson Campbell Kelly Ryan Patel Chen Haddad Ferrari Møller".split(" "),
  "van der Berg",
  "St John-Smythe",
  "O’Sullivan",
];

const BUSINESSES = [
  "Blue Wren Café Pty Ltd",
  "Murray & Sons (Plumbing)",
  "The Trustee for the Illawarra Family Trust No. 2",
  "Bass Strait Seafoods Pty. Ltd.",
  "Wollongong Community Housing Association Inc",
];

const BSBS = (
  "012-003 013-140 032-000 033-044 062-000 063-123 064-004 082-001 083-214 112-879 124-001 182-512 " +
  "193-879 302-162 306-089 342-011 484-799 633-000 650-000 704-191 732-001 762-001 802-985 923-100"
).split(" ");

/** The bank account and the name that a mandate was signed with. */
export interface Payer {
  readonly customerId: string;
  readonly bsb: string;
  readonly accountNumber: string;
  readonly title: string;
}

export function payer(random: Random): Payer {
  const bsb = random.pick(BSBS);
  return {
    customerId: `C${random.whole(1_000_000, 9_999_999)}`,
    bsb: random.chance(0.3) ? bsb.replace("-", "") : bsb,
    accountNumber: accountNumber(random),
    title: title(random),
  };
}

function accountNumber(random: Random): string {
  const digits = String(random.whole(1, 999_999_999)).padStart(9, "0");
  // Banks number from six digits up; the zeros in front belong to the number.
  if (random.chance(0.1)) return `00${String(random.whole(100_000, 9_999_999))}`;
  const number = digits.slice(random.pick([0, 1, 1, 1, 2, 3]));
  if (/^0+$/.test(number)) return "1000417";
  return number.length === 8 && random.chance(0.05) ? `${number.slice(0, 4)}-${number.slice(4)}` : number;
}

function title(random: Random): string {
  const [given, other, surname] = [random.pick(GIVEN), random.pick(GIVEN), random.pick(SURNAMES)];
  if (random.chance(0.04)) return random.pick(BUSINESSES);
  if (random.chance(0.1)) return `${given.slice(0, 1)} & ${other.slice(0, 1)} ${surname}`;
  if (random.chance(0.5)) return `${surname.toUpperCase()}, ${given}`;
  return random.chance(0.2) ? `${given} ${other} ${surname}` : `${given} ${surname}`;
}
