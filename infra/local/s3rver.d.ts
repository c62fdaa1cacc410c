/** s3rver brings no types; these are the parts that the local stack uses. */
declare module "@20minutes/s3rver" {
  import type { Server } from "node:http";
  import type { AddressInfo } from "node:net";
  import type { Readable } from "node:stream";

  /** The parts of a Koa context that a bridge uses. */
  export interface Context {
    readonly method: string;
    /** Still percent-encoded. */
    readonly path: string;
    readonly query: Readonly<Record<string, string | string[] | undefined>>;
    get(header: string): string;
    status: number;
    type: string;
    body: unknown;
  }

  export type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

  export interface ListedObject {
    readonly key: string;
    readonly size: number;
    readonly lastModifiedDate: Date;
    readonly metadata: { readonly etag: string };
  }

  export interface ListOptions {
    readonly delimiter?: string;
    readonly startAfter?: string;
    readonly prefix?: string;
    readonly maxKeys?: number;
  }

  export interface Listing {
    readonly objects: ListedObject[];
    readonly commonPrefixes: string[];
    readonly isTruncated: boolean;
  }

  export interface Store {
    deleteObject(bucket: string, key: string): Promise<void>;
    existsObject(bucket: string, key: string): Promise<boolean>;
    /** The file that holds one part of an object. */
    getResourcePath(bucket: string, key: string, resource: string): string;
    getBucket(bucket: string): Promise<object | null>;
    listObjects(bucket: string, options: ListOptions): Promise<Listing>;
    putContent(path: string, content: Readable | Buffer): Promise<[size: number, md5: string]>;
  }

  export default class S3rver {
    constructor(options: {
      readonly address: string;
      readonly port: number;
      readonly directory: string;
      readonly silent: boolean;
      readonly allowMismatchedSignatures: boolean;
      readonly vhostBuckets: boolean;
      readonly configureBuckets: readonly { readonly name: string }[];
    });
    readonly middleware: Middleware[];
    readonly store: Store;
    readonly httpServer: Server;
    run(): Promise<AddressInfo>;
    close(): Promise<void>;
  }
}
