/** One line of AWS's price list: US dollars for `per` units. */
export interface Price {
  readonly usd: number;
  readonly per: number;
  readonly unit: string;
  /** The public page that carries the price. */
  readonly source: string;
}

/**
 * The day to which these prices were written down, from AWS's public price pages as known then, without a look at the
 * live pages: check each against its page before relying on the total. Without taxes, discounts and free tiers.
 */
export const PRICED_ON = "2026-11-22";
export const PRICED_REGION = "ap-southeast-2 (Sydney)";

const MILLION = 1_000_000;
const page = {
  dynamodb: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  s3: "https://aws.amazon.com/s3/pricing/",
  lambda: "https://aws.amazon.com/lambda/pricing/",
  states: "https://aws.amazon.com/step-functions/pricing/",
  cloudwatch: "https://aws.amazon.com/cloudwatch/pricing/",
  xray: "https://aws.amazon.com/xray/pricing/",
  kms: "https://aws.amazon.com/kms/pricing/",
  scheduler: "https://aws.amazon.com/eventbridge/pricing/",
} as const;

/** What a batch uses, by the quantity's name. */
export const USAGE_PRICES = {
  writeUnits: { usd: 0.7115, per: MILLION, unit: "write request units", source: page.dynamodb },
  readUnits: { usd: 0.1423, per: MILLION, unit: "read request units", source: page.dynamodb },
  objectWrites: { usd: 0.0055, per: 1000, unit: "PUT and LIST requests", source: page.s3 },
  objectReads: { usd: 0.00044, per: 1000, unit: "GET requests", source: page.s3 },
  calls: { usd: 0.2, per: MILLION, unit: "Lambda calls", source: page.lambda },
  gigabyteSeconds: { usd: 0.0000133334, per: 1, unit: "GB-seconds on arm64", source: page.lambda },
  transitions: { usd: 0.025, per: 1000, unit: "Standard transitions", source: page.states },
  keyRequests: { usd: 0.03, per: 10_000, unit: "KMS requests", source: page.kms },
  logBytes: { usd: 0.67, per: 1e9, unit: "bytes of log, ingested", source: page.cloudwatch },
  traces: { usd: 5, per: MILLION, unit: "traces recorded", source: page.xray },
  schedules: { usd: 1.25, per: MILLION, unit: "schedule invocations", source: page.scheduler },
} as const satisfies Record<string, Price>;

/** What a batch leaves behind, for one month of keeping it. */
export const STORAGE_PRICES = {
  itemBytes: { usd: 0.285, per: 1e9, unit: "bytes in the ledger, a month", source: page.dynamodb },
  recoveryBytes: {
    usd: 0.228,
    per: 1e9,
    unit: "bytes recoverable to a point in time",
    source: page.dynamodb,
  },
  objectBytes: { usd: 0.025, per: 1e9, unit: "bytes in buckets, a month", source: page.s3 },
} as const satisfies Record<string, Price>;

/** What a stage costs in a month, whatever it bills. */
export const MONTHLY_PRICES = {
  keys: { usd: 1, per: 1, unit: "KMS keys", source: page.kms },
  alarms: { usd: 0.1, per: 1, unit: "alarm metrics", source: page.cloudwatch },
  metrics: { usd: 0.3, per: 1, unit: "custom metrics, if counted in every hour", source: page.cloudwatch },
} as const satisfies Record<string, Price>;

/** Into which quantity a request goes. `capacity`: into the units that the table counts. `free`: its price is in another line, which `because` names. */
type Charge =
  | { readonly as: "capacity" | "objectWrites" | "objectReads" }
  | { readonly as: "free"; readonly because: string };

/** Every request that a run may make. One that is not here has no price, and a bill with it is refused. */
const CHARGES: Readonly<Record<string, Charge>> = {
  "dynamodb:GetItem": { as: "capacity" },
  "dynamodb:BatchGetItem": { as: "capacity" },
  "dynamodb:Query": { as: "capacity" },
  "dynamodb:PutItem": { as: "capacity" },
  "dynamodb:UpdateItem": { as: "capacity" },
  "dynamodb:DeleteItem": { as: "capacity" },
  "s3:PutObject": { as: "objectWrites" },
  "s3:ListBucket": { as: "objectWrites" },
  "s3:ListBucketVersions": { as: "objectWrites" },
  "s3:GetObject": { as: "objectReads" },
  "s3:GetObjectVersion": { as: "objectReads" },
  "s3:DeleteObject": { as: "free", because: "S3 does not charge for deletes" },
  "states:StartExecution": { as: "free", because: "charged by its transitions" },
  "states:DescribeExecution": { as: "free", because: "Step Functions charges transitions only" },
  "states:ListExecutions": { as: "free", because: "Step Functions charges transitions only" },
  "states:RedriveExecution": { as: "free", because: "charged by its transitions" },
};

/** Something that a run has used and that has no price. */
export class Unpriced extends Error {
  override readonly name = "Unpriced";
}

/** @throws Unpriced */
export function chargeOf(action: string): Charge {
  const charge = Object.hasOwn(CHARGES, action) ? CHARGES[action] : undefined;
  if (charge === undefined) throw new Unpriced(`${action} has no price in infra/cost/prices.ts`);
  return charge;
}

export type UsageName = keyof typeof USAGE_PRICES;
export type StorageName = Exclude<keyof typeof STORAGE_PRICES, "recoveryBytes">;
