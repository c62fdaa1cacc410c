import { Aws, CustomResourceProviderBase, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AnyPrincipal, type Conditions, Effect, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectLockRetention,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { retentionDays } from "./config/retention.ts";
import { allowing, exceptRoles, type Grant, granting, type Permission } from "./grant.ts";
import type { Stage } from "./stage.ts";

export interface StoreProps {
  readonly stage: Stage;
  readonly key: IKey;
  /** The stack whose functions, and nobody else, may put into a locked bucket. */
  readonly writers: string;
  /** Where S3 notes who asked for what. */
  readonly accessLogs: Bucket;
  /** The environment variable under which a Lambda finds the bucket. */
  readonly variable: string;
  /**
   * `locked`: nobody overwrites or deletes anything, for the years of the retention in prod. Otherwise the days
   * after which objects go, and after which versions go that were overwritten; where they are locked too, they go
   * when the lock has ended.
   */
  readonly keeps:
    | "locked"
    | { readonly days: number; readonly overwrittenDays: number; readonly locked?: true };
}

/** The objects that a Lambda uses, by the call that its ports make on them; keys and prefixes may hold `*`. */
export interface StoreUse {
  /** Keys that are read without naming a version. */
  readonly read?: readonly string[];
  /** Keys that are read by the version that the ledger or a listing names. */
  readonly readVersions?: readonly string[];
  /** Keys that are put where there is nothing. */
  readonly create?: readonly string[];
  /** Prefixes under which keys are listed. */
  readonly list?: readonly string[];
  /** Prefixes under which versions are listed. */
  readonly listVersions?: readonly string[];
  /**
   * That an object is missing is an answer which the step expects. Without leave to list the whole bucket S3 says
   * "forbidden" instead, also where the leave is limited to prefixes: a read names none.
   */
  readonly absence?: true;
}

/** A bucket as all of ours are: closed to the public and to plain connections, and as lasting as its stage. */
export function closedBucket(scope: Construct, id: string, stage: Stage, props: BucketProps): Bucket {
  const bucket = new Bucket(scope, id, {
    ...props,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    ...(stage === "prod"
      ? { removalPolicy: RemovalPolicy.RETAIN }
      : { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true }),
  });
  // A bucket that stays when its stack goes stays as closed as it was.
  if (stage === "prod") bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return bucket;
}

/** One versioned, encrypted bucket. There is no grant to delete: what a batch wrote stays. */
export class Store extends Construct {
  readonly bucketName: string;
  readonly #bucket: Bucket;
  readonly #key: IKey;
  readonly #variable: string;

  constructor(
    scope: Construct,
    id: string,
    { stage, key, accessLogs, writers, variable, keeps }: StoreProps,
  ) {
    super(scope, id);
    const isLocked = keeps === "locked" || keeps.locked === true;
    this.#bucket = closedBucket(this, "Bucket", stage, {
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: `${id}/`,
      ...(isLocked && locked(stage)),
      ...(keeps !== "locked" && expiring(keeps)),
    });
    if (isLocked) this.#denyChanges(stage, writers);
    this.#key = key;
    this.#variable = variable;
    this.bucketName = this.#bucket.bucketName;
  }

  /** Leave for exactly these calls on exactly these keys, and for what they need of the bucket's key. */
  may(use: StoreUse): Grant {
    return granting({ [this.#variable]: this.bucketName }, this.#permissions(use));
  }

  /** The same for a role that people take on. */
  allow(role: Role, use: StoreUse): void {
    for (const permission of this.#permissions(use)) role.addToPolicy(allowing(permission));
  }

  #permissions(use: StoreUse): Permission[] {
    const { bucketArn } = this.#bucket;
    const objects = (action: string, keys: readonly string[] = []): Permission[] =>
      keys.length > 0 ? [{ actions: [action], on: keys.map((key) => `${bucketArn}/${key}`) }] : [];
    const listing = (action: string, prefixes: readonly string[] = []): Permission[] =>
      prefixes.length > 0
        ? [{ actions: [action], on: [bucketArn], if: { StringLike: { "s3:prefix": [...prefixes] } } }]
        : [];
    return [
      ...objects("s3:GetObject", use.read),
      ...objects("s3:GetObjectVersion", use.readVersions),
      ...objects("s3:PutObject", use.create),
      ...listing("s3:ListBucketVersions", use.listVersions),
      ...(use.absence
        ? [{ actions: ["s3:ListBucket"], on: [bucketArn] }]
        : listing("s3:ListBucket", use.list)),
      ...(use.read || use.readVersions ? [this.#cipher("kms:Decrypt")] : []),
      ...(use.create ? [this.#cipher("kms:GenerateDataKey")] : []),
    ];
  }

  /**
   * Whatever a policy of this or another account allows: no object is put where there is one, none is deleted, none
   * loses its lock, and no rule of the bucket's own does it instead. A delete would only hide a locked version, but
   * then a put "where there is nothing" would succeed again. An upload in parts cannot begin either, since its first
   * call cannot carry the condition; nothing here needs one.
   */
  #denyChanges(stage: Stage, writers: string): void {
    const objects = this.#bucket.arnForObjects("*");
    const deny = (sid: string, actions: string[], on: string, conditions?: Conditions) =>
      this.#bucket.addToResourcePolicy(
        new PolicyStatement({
          sid,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions,
          resources: [on],
          ...(conditions && { conditions }),
        }),
      );
    // One path to the bank: what lies in the outbound bucket counts as sent.
    deny("PutByFunctionsOnly", ["s3:PutObject"], objects, exceptRoles(`${writers}-`));
    deny("PutOnlyWhereThereIsNothing", ["s3:PutObject"], objects, { Null: { "s3:if-none-match": "true" } });
    deny(
      "NoDeletes",
      ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ReplicateDelete"],
      objects,
      // What cannot be emptied cannot be destroyed, and dev must be.
      stage === "prod" ? undefined : { ArnNotEquals: { "aws:PrincipalArn": emptyingRole(this) } },
    );
    // A copy by a rule of replication carries no condition.
    deny("NoReplicas", ["s3:ReplicateObject"], objects);
    deny(
      "NoChangeOfLocks",
      ["s3:BypassGovernanceRetention", "s3:PutObjectLegalHold", "s3:PutObjectRetention"],
      objects,
    );
    // A deployment that is to change these two must take the statement away first; versions stay on with the lock.
    deny(
      "NoRulesThatDelete",
      ["s3:PutBucketObjectLockConfiguration", "s3:PutLifecycleConfiguration"],
      this.#bucket.bucketArn,
    );
  }

  /** The key is used by S3 for this bucket only; its context is the bucket, or the object where one has no bucket key. */
  #cipher(action: "kms:Decrypt" | "kms:GenerateDataKey"): Permission {
    const { bucketArn } = this.#bucket;
    return {
      actions: [action],
      on: [this.#key.keyArn],
      if: {
        StringEquals: { "kms:ViaService": `s3.${Aws.REGION}.amazonaws.com` },
        StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucketArn, `${bucketArn}/*`] },
      },
    };
  }
}

/** Locked for the years of the retention, and against everybody; dev has the lock without a time. */
function locked(stage: Stage): BucketProps {
  return {
    objectLockEnabled: true,
    ...(stage === "prod" && {
      objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(retentionDays())),
    }),
  };
}

function expiring({ days, overwrittenDays }: { days: number; overwrittenDays: number }): BucketProps {
  return {
    lifecycleRules: [
      {
        expiration: Duration.days(days),
        noncurrentVersionExpiration: Duration.days(overwrittenDays),
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
    ],
  };
}

/** The role of the function by which CloudFormation empties the buckets of a stack that goes. */
function emptyingRole(scope: Construct): string {
  const provider = Stack.of(scope).node.findChild("Custom::S3AutoDeleteObjectsCustomResourceProvider");
  if (!(provider instanceof CustomResourceProviderBase)) {
    throw new Error("CDK's function that empties buckets is not what it was");
  }
  return provider.roleArn;
}
