import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { App, type Environment, Stack } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { beforeAll, describe, expect, test } from "vitest";
import { type Acknowledgement, acknowledgements } from "../../infra/acknowledgements.ts";
import { configuration } from "../../infra/config/configuration.ts";
import { foundId, review } from "../../infra/review.ts";
import { debitOnce } from "../../infra/stacks/debit-once.ts";
import { STAGES, type Stage } from "../../infra/stage.ts";
import { ROOT } from "./synthesized.ts";

/** All that cdk-nag finds in a stage when nothing is acknowledged, as `id on construct`. */
const found = new Map<Stage, string[]>();
/** A stack of each of these synths, which knows of its account as much as the others. */
const stacks = new Map<Stage, Stack>();

beforeAll(async () => {
  for (const stage of STAGES) found.set(stage, await findings(stage));
}, 120_000);

/** What the command line knows of an account: in dev's synth as with credentials, in prod's as without any. */
const KNOWN: Readonly<Record<Stage, Environment | undefined>> = {
  dev: { account: "123456789012", region: "ap-southeast-2" },
  prod: undefined,
};

async function findings(stage: Stage): Promise<string[]> {
  const outdir = await mkdtemp(path.join(tmpdir(), "debit-once-nag-"));
  try {
    const { context } = JSON.parse(await readFile(path.join(ROOT, "cdk.json"), "utf8")) as {
      context: Record<string, unknown>;
    };
    const app = new App({ outdir, context: { ...context, "aws:cdk:bundling-stacks": [] } });
    // Judged after the synth, as it would be in it: only then do references between stacks have their names.
    debitOnce(app, stage, KNOWN[stage]);
    stacks.set(stage, app.node.findChild(`DebitOnce-${stage}-Data`) as Stack);
    app.synth({ skipValidation: true });
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    return violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) =>
        lineOf({ id: ruleName, on: String(constructPath).slice(`DebitOnce-${stage}-`.length) }),
      ),
    );
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

const lineOf = ({ id, on }: Pick<Acknowledgement, "id" | "on">) => `${id} on ${on}`;
const listed = (stage: Stage) => acknowledgements(stage, configuration(stage));
/** As the finding's id is where account and region are as known. */
const expected = (stage: Stage, { id, on }: Acknowledgement) =>
  lineOf({ id: foundId(id, stacks.get(stage) as Stack), on });

describe.each(STAGES)("in %s", (stage) => {
  test("every finding of AwsSolutions is acknowledged, and every acknowledgement is of a finding", () => {
    expect(found.get(stage)?.toSorted()).toEqual(
      listed(stage)
        .map((one) => expected(stage, one))
        .toSorted(),
    );
  });

  test("every acknowledgement is of one finding, once, and says why in a sentence", () => {
    const lines = listed(stage).map(lineOf);
    expect(new Set(lines).size).toBe(lines.length);
    for (const { id, reason } of listed(stage)) {
      expect(id).toMatch(/^AwsSolutions-(?:IAM5\[(?:Resource|Action)::.+\]|(?!IAM5)[A-Z]+\d+)$/);
      expect(reason).toMatch(/^[A-Z].{40,}\.$/);
    }
  });
});

test("stars in policies and one queue are all that is acknowledged", () => {
  const rules = listed("prod").map(({ id }) => String(id.split("[")[0]));
  const counts = [...Map.groupBy(rules, (rule) => rule)].map(([rule, all]) => `${rule}: ${all.length}`);
  console.log(`acknowledged findings per stage: ${counts.join(", ")}`);
  expect(new Set(rules)).toEqual(new Set(["AwsSolutions-IAM5", "AwsSolutions-SQS3"]));
});

test("what is acknowledged for a construct that is not there is refused", () => {
  const app = new App();
  const gone = { id: "AwsSolutions-S1", on: "Data/Gone/Resource", reason: "It is gone." };
  expect(() => review(app, "dev", [gone])).toThrow("DebitOnce-dev-Data");
});
