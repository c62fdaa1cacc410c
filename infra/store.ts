import { Aws, RemovalPolicy } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { type Grant, granting, type Permission } from "./grant.ts";
import type { Stage } from "./stage.ts";

interface StoreProps {
  readonly stage: Stage;
  readonly key: IKey;
  /** The environment variable under which a Lambda finds the bucket. */
  readonly variable: string;
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

/** One versioned, encrypted bucket. There is no grant to delete: what a batch wrote stays. */
export class Store extends Construct {
  readonly bucketName: string;
  readonly #bucket: Bucket;
  readonly #key: IKey;
  readonly #variable: string;

  constructor(scope: Construct, id: string, { stage, key, variable }: StoreProps) {
    super(scope, id);
    this.#bucket = new Bucket(this, "Bucket", {
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: stage === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.#key = key;
    this.#variable = variable;
    this.bucketName = this.#bucket.bucketName;
  }

  /** Leave for exactly these calls on exactly these keys, and for what they need of the bucket's key. */
  may(use: StoreUse): Grant {
    const { bucketArn, bucketName } = this.#bucket;
    const objects = (action: string, keys: readonly string[] = []): Permission[] =>
      keys.length > 0 ? [{ actions: [action], on: keys.map((key) => `${bucketArn}/${key}`) }] : [];
    const listing = (action: string, prefixes: readonly string[] = []): Permission[] =>
      prefixes.length > 0
        ? [{ actions: [action], on: [bucketArn], if: { StringLike: { "s3:prefix": [...prefixes] } } }]
        : [];
    return granting({ [this.#variable]: bucketName }, [
      ...objects("s3:GetObject", use.read),
      ...objects("s3:GetObjectVersion", use.readVersions),
      ...objects("s3:PutObject", use.create),
      ...listing("s3:ListBucketVersions", use.listVersions),
      ...(use.absence
        ? [{ actions: ["s3:ListBucket"], on: [bucketArn] }]
        : listing("s3:ListBucket", use.list)),
      ...(use.read || use.readVersions ? [this.#cipher("kms:Decrypt")] : []),
      ...(use.create ? [this.#cipher("kms:GenerateDataKey")] : []),
    ]);
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
