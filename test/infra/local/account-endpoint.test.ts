import { CloudFormationClient, ListStacksCommand } from "@aws-sdk/client-cloudformation";
import { ListDocumentsCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, onTestFinished, test } from "vitest";
import { type LocalAccount, OPEN_ACCOUNT, serveAccount } from "../../../infra/local/account-endpoint.ts";
import { loopback } from "../../../infra/local/loopback.ts";
import { ssmChangeCalendar } from "../../../lambdas/adapters/change-calendar.ts";
import { cloudFormationStacks } from "../../../lambdas/adapters/stacks.ts";
import type { Instant } from "../../../lambdas/ports.ts";

const NOW = Date.parse("2026-03-02T00:00:00.000Z") as Instant;

async function served(account: LocalAccount) {
  const endpoint = await serveAccount(account);
  const settings = loopback({ dynamodb: 0, s3: 0, sfn: () => 0, account: () => endpoint.port });
  onTestFinished(async () => {
    settings.close();
    await endpoint.close();
  });
  const once = { maxAttempts: 1 };
  return {
    ssm: { ...settings.ssm, ...once },
    cloudformation: { ...settings.cloudformation, ...once },
    calendar: ssmChangeCalendar("changes", { ...settings.ssm, ...once }),
    stacks: cloudFormationStacks({ ...settings.cloudformation, ...once }),
  };
}

test("the real adapters read from it what the account says of calendar and stacks", async () => {
  const until = (NOW + 60_000) as Instant;
  const { calendar, stacks } = await served({
    calendar: (at) => (at < until ? { state: "CLOSED", until } : { state: "OPEN" }),
    stackStatus: (name) => (name === "Billing" ? "ROLLBACK_COMPLETE" : undefined),
  });
  expect(await calendar.at(NOW)).toEqual({ state: "CLOSED", until });
  expect(await calendar.at(until)).toEqual({ state: "OPEN" });
  expect(await stacks.status("Billing")).toBe("ROLLBACK_COMPLETE");
  expect(await stacks.status("Data")).toBeUndefined();
});

test("a calendar that the account has not is told by the error's name", async () => {
  const { calendar } = await served({
    ...OPEN_ACCOUNT,
    calendar: () => {
      throw Object.assign(new Error("no such calendar"), { name: "InvalidDocument" });
    },
  });
  await expect(calendar.at(NOW)).rejects.toMatchObject({ name: "InvalidDocument" });
});

test("what nobody is to ask is refused by name", async () => {
  const { ssm, cloudformation } = await served(OPEN_ACCOUNT);
  await expect(new SSMClient(ssm).send(new ListDocumentsCommand({}))).rejects.toThrow("ListDocuments");
  await expect(
    new CloudFormationClient(cloudformation).send(new ListStacksCommand({})),
  ).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
});
