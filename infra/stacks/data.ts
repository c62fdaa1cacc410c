import { CfnOutput, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { Idempotency } from "../idempotency.ts";
import { Ledger } from "../ledger.ts";
import type { Stage } from "../stage.ts";
import { Store } from "../store.ts";

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
  /** Batch reports. */
  readonly reports: Store;

  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: Stage }) {
    super(scope, id, { ...props, terminationProtection: props.stage === "prod" });
    const { stage } = props;
    const key = new Key(this, "Key", {
      description: `debit-once ${stage}: due lists, staged segments, bank files, reports`,
      enableKeyRotation: true,
      removalPolicy: stage === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const store = (name: string, variable: string) => new Store(this, name, { stage, key, variable });

    this.ledger = new Ledger(this, "Ledger", stage);
    this.idempotency = new Idempotency(this, "Idempotency");
    this.dueLists = store("DueLists", "DUE_BUCKET");
    this.work = store("Work", "WORK_BUCKET");
    this.bankFiles = store("BankFiles", "BANK_FILES_BUCKET");
    this.outbound = store("Outbound", "OUTBOUND_BUCKET");
    this.reports = store("Reports", "REPORTS_BUCKET");

    // Where the billing system leaves its lists, and where the bank's transfer picks files up.
    new CfnOutput(this, "DueListsBucketName", { value: this.dueLists.bucketName });
    new CfnOutput(this, "OutboundBucketName", { value: this.outbound.bucketName });
  }
}
