import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { BucketEncryption } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { retentionDays } from "../config/retention.ts";
import { Idempotency } from "../idempotency.ts";
import { Ledger } from "../ledger.ts";
import { REPORT_KEYS } from "../object-keys.ts";
import type { Stage } from "../stage.ts";
import { closedBucket, Store, type StoreProps } from "../store.ts";

/** An execution can be a year old, be redriven two weeks after its end, and be continued then. */
const RESUMABLE = Duration.days(400);

interface DataStackProps extends StackProps {
  readonly stage: Stage;
  /** The name of the stack whose functions write the ledger and the buckets. */
  readonly writers: string;
  /** How the name begins of the one role of another stack that writes the ledger: it lets deployments begin and end. */
  readonly deployer: string;
}

/** What must outlive every deployment: the ledger and the buckets. Nothing in here computes. */
export class DataStack extends Stack {
  readonly ledger: Ledger;
  readonly idempotency: Idempotency;
  /** Due lists and manifests, as the billing system leaves them. */
  readonly dueLists: Store;
  /** Plans and staged segments: bank accounts and names of payers. */
  readonly work: Store;
  /** Bank files as composed, and the indexes that would rebuild the ledger. */
  readonly bankFiles: Store;
  /** What the bank's transfer picks up: whatever lies here counts as sent. */
  readonly outbound: Store;
  /** Batch reports, and the bank's statements about files in doubt. */
  readonly reports: Store;

  constructor(scope: Construct, id: string, { stage, writers, deployer, ...props }: DataStackProps) {
    super(scope, id, { ...props, terminationProtection: stage === "prod" });
    const key = new Key(this, "Key", {
      description: `debit-once ${stage}: due lists, staged segments, bank files, reports`,
      enableKeyRotation: true,
      ...(stage === "prod"
        ? { removalPolicy: RemovalPolicy.RETAIN }
        : { removalPolicy: RemovalPolicy.DESTROY, pendingWindow: Duration.days(7) }),
    });
    // Encrypted by S3 itself: it delivers no access logs to a bucket with a key of ours.
    const accessLogs = closedBucket(this, "AccessLogs", stage, {
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ expiration: RESUMABLE, abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
    const store = (name: string, variable: string, keeps: StoreProps["keeps"]) =>
      new Store(this, name, { stage, key, accessLogs, writers, variable, keeps });
    const resumable = RESUMABLE.toDays();

    this.ledger = new Ledger(this, "Ledger", stage, [`${writers}-`, deployer]);
    this.idempotency = new Idempotency(this, "Idempotency", stage);
    // A batch pins one version of its list, which the billing system may overwrite the next minute.
    this.dueLists = store("DueLists", "DUE_BUCKET", { days: resumable, overwrittenDays: resumable });
    this.work = store("Work", "WORK_BUCKET", { days: resumable, overwrittenDays: 30 });
    this.bankFiles = store("BankFiles", "BANK_FILES_BUCKET", "locked");
    this.outbound = store("Outbound", "OUTBOUND_BUCKET", "locked");
    // With the bank's statements on which two people decide: as lasting as the files that they are about.
    const kept = { days: retentionDays(), overwrittenDays: 30, locked: true } as const;
    this.reports = store("Reports", "REPORTS_BUCKET", kept);

    // Finance and auditors read what was billed, and nothing that a bank account stands in: not the bank's statements
    // either, which are the bank's own words, and which an approver reads.
    const readers = new Role(this, "ReportReaders", {
      description: `debit-once ${stage}: reads batch reports, and nothing else`,
      assumedBy: new AccountRootPrincipal(),
    });
    this.reports.allow(readers, {
      read: [...REPORT_KEYS.reports, ...REPORT_KEYS.reportParts],
      absence: true,
    });

    // Where the billing system leaves its lists, where the bank's transfer picks files up, and where people read.
    new CfnOutput(this, "DueListsBucketName", { value: this.dueLists.bucketName });
    new CfnOutput(this, "OutboundBucketName", { value: this.outbound.bucketName });
    new CfnOutput(this, "ReportsBucketName", { value: this.reports.bucketName });
    new CfnOutput(this, "ReportReadersRoleArn", { value: readers.roleArn });
  }
}
