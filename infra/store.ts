import { RemovalPolicy } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { type Grant, granting } from "./grant.ts";
import type { Stage } from "./stage.ts";

interface StoreProps {
  readonly stage: Stage;
  readonly key: IKey;
  /** The environment variable under which a Lambda finds the bucket. */
  readonly variable: string;
}

/** One versioned, encrypted bucket. There is no grant to delete: what a batch wrote stays. */
export class Store extends Construct {
  readonly bucketName: string;
  /** Lists what is there and reads it, in every version. Without the listing a missing object reads as "forbidden". */
  readonly read: Grant;
  /** Puts objects. */
  readonly create: Grant;

  constructor(scope: Construct, id: string, { stage, key, variable }: StoreProps) {
    super(scope, id);
    const bucket = new Bucket(this, "Bucket", {
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: stage === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const objects = bucket.arnForObjects("*");
    this.bucketName = bucket.bucketName;
    this.read = granting({ [variable]: bucket.bucketName }, [
      { actions: ["s3:ListBucket", "s3:ListBucketVersions"], on: bucket.bucketArn },
      { actions: ["s3:GetObject", "s3:GetObjectVersion"], on: objects },
      { actions: ["kms:Decrypt"], on: key.keyArn },
    ]);
    this.create = granting({ [variable]: bucket.bucketName }, [
      { actions: ["s3:PutObject"], on: objects },
      { actions: ["kms:GenerateDataKey"], on: key.keyArn },
    ]);
  }
}
