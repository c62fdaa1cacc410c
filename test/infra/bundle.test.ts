import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { App, Stack } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { configuration } from "../../infra/config/configuration.ts";
import { handlerLambda } from "../../infra/handler.ts";
import type { Configuration } from "../../lambdas/domain/stream.ts";

test("a bundled Lambda holds the very configuration of its synth, whatever characters it has", async () => {
  const outdir = await mkdtemp(path.join(tmpdir(), "debit-once-bundle-"));
  try {
    const real = configuration("dev");
    const odd = " ^_[]',?;:=#/.*()&%!$@+-";
    const cba = real.streams["au-cba"];
    if (!cba) throw new Error("the example stream is gone");
    const given: Configuration = {
      ...real,
      streams: {
        ...real.streams,
        "au-cba": {
          ...cba,
          // More than the 128 KiB that an argument of a command can have, as a thousand streams would.
          remitterNames: { "m-1": odd, "m-2": '$HOME `id` \\ "', "m-3": "x".repeat(200_000) },
        },
      },
    };
    const stack = new Stack(new App({ outdir }), "Bundled");
    handlerLambda(
      stack,
      "Bundled",
      "test/infra/bundled",
      { stage: "dev", configuration: given },
      { does: "Answers with its configuration.", timeoutSeconds: 3, memoryMb: 128, may: [] },
    );
    const asset = (await readdir(outdir)).find((name) => name.startsWith("asset."));
    const bundle = (await import(pathToFileURL(path.join(outdir, asset ?? "", "index.mjs")).href)) as {
      handler: () => Configuration;
    };
    expect(bundle.handler()).toEqual(given);
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}, 20_000);
