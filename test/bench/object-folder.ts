import { createReadStream, existsSync } from "node:fs";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

interface Response {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

/** S3 as far as the steps use it, on a folder of plain files: `/<bucket>/<key>`, without versions. */
export class ObjectFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async answer(request: Request): Promise<Response> {
    const path = join(this.#folder, decodeURIComponent(request.path));
    if (request.method === "PUT") return this.#put(path, request);
    if (request.query && ("list-type" in request.query || "versions" in request.query)) {
      return xml(200, await this.#list(path, request.query));
    }
    return this.#get(path, request.headers["range"] ?? request.headers["Range"]);
  }

  async #put(path: string, { headers, body }: Request): Promise<Response> {
    if (headers["if-none-match"] === "*" && existsSync(path)) return xml(412, failure("PreconditionFailed"));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body as Buffer);
    return xml(200, "");
  }

  async #get(path: string, range: string | undefined): Promise<Response> {
    if (!existsSync(path)) return xml(404, failure("NoSuchKey"));
    const { size } = await stat(path);
    const [, from = "0", to = String(size - 1)] = /^bytes=(\d+)-(\d+)?$/.exec(range ?? "bytes=0-") ?? [];
    const length = Number(to) - Number(from) + 1;
    return {
      statusCode: range === undefined ? 200 : 206,
      headers: { "content-length": String(length) },
      body:
        length === 0
          ? Readable.from([])
          : createReadStream(path, { start: Number(from), end: Number(to), highWaterMark: 64 << 10 }),
    };
  }

  async #list(bucket: string, query: Record<string, string>): Promise<string> {
    const { prefix = "" } = query;
    const names = await readdir(bucket, { recursive: true, withFileTypes: true });
    const keys = names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(bucket.replace(/\/$/, "").length + 1))
      .filter((key) => key.startsWith(prefix))
      .sort();
    return "versions" in query
      ? `<ListVersionsResult><IsTruncated>false</IsTruncated>${keys
          .map((key) => `<Version><Key>${key}</Key><VersionId>null</VersionId></Version>`)
          .join("")}</ListVersionsResult>`
      : `<ListBucketResult><IsTruncated>false</IsTruncated>${keys
          .map((key) => `<Contents><Key>${key}</Key></Contents>`)
          .join("")}</ListBucketResult>`;
  }
}

function failure(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
}

function xml(statusCode: number, text: string): Response {
  const headers = { "content-type": "application/xml", "content-length": String(Buffer.byteLength(text)) };
  return { statusCode, headers, body: Readable.from(text === "" ? [] : [Buffer.from(text)]) };
}
