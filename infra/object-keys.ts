import type { Configuration } from "../lambdas/domain/stream.ts";

/** Under which keys each kind of object lies, as patterns of a policy, in which `*` also stands for slashes. */
export interface ObjectKeys {
  /** In the due bucket, of the configured streams. */
  readonly manifests: readonly string[];
  readonly dueRows: readonly string[];
  /** The prefixes of the configured streams' days. */
  readonly dueFolders: readonly string[];
  /** In the work bucket; the staged rows hold bank accounts and names, the others do not. */
  readonly plans: readonly string[];
  readonly staged: readonly string[];
  readonly exclusions: readonly string[];
  /** In the bucket of the bank files. */
  readonly bankFiles: readonly string[];
  readonly indexes: readonly string[];
  /** In the outbound bucket, of the configured user ids. */
  readonly deliveries: readonly string[];
  /** In the reports' bucket. */
  readonly reports: readonly string[];
  readonly reportParts: readonly string[];
  /** What the bank has said of files in doubt. */
  readonly evidence: readonly string[];
  /** The prefix of one batch's folder: never a whole bucket. */
  readonly folders: readonly string[];
}

/** In the reports' bucket: the same in every stage, whatever is configured. */
export const REPORT_KEYS = {
  reports: ["*/report-*.json"],
  reportParts: ["*/report-*.html", "*/exclusions-*.csv"],
  evidence: ["evidence/*"],
} as const;

/** The patterns of a stage. What the configuration does not name is out of every Lambda's reach. */
export function objectKeys({ streams }: Configuration): ObjectKeys {
  const names = Object.keys(streams);
  const userIds = new Set(Object.values(streams).map(({ bankProfile }) => bankProfile.userId));
  return {
    manifests: names.map((name) => `${name}/*/manifest.json`),
    dueRows: names.map((name) => `${name}/*/due.csv`),
    dueFolders: names.map((name) => `${name}/*`),
    plans: ["*/plan-*.jsonl"],
    staged: ["*/staged/*.jsonl"],
    exclusions: ["*/exclusions/*.jsonl"],
    bankFiles: ["*/*.aba"],
    indexes: ["*/*.index.jsonl"],
    deliveries: [...userIds].map((userId) => `${userId}/*.aba`),
    ...REPORT_KEYS,
    folders: ["*/*"],
  };
}
