import { storeReport } from "../../batch-report.ts";
import { type Check, isAcceptable, isStopping } from "../../domain/report.ts";
import { acceptancesIn, withAcceptances } from "./acceptances.ts";
import { type GatePorts, openCase } from "./case.ts";
import { checksOf } from "./checks.ts";
import { walkRows } from "./every-row.ts";
import { walkFiles } from "./file-walk.ts";
import { Findings } from "./findings.ts";
import { gateReport } from "./gate-report.ts";
import { walkLedger } from "./ledger-walk.ts";
import { readList } from "./list-evidence.ts";
import { readStagingRecord } from "./staging-record.ts";
import { judgeSuspicions } from "./suspicions.ts";
import { gateFailure, passFiles, standingVerdict } from "./verdict.ts";

/**
 * The gate: reads due list, bank files and ledger again, with no code of those who wrote them, and lets the frozen
 * set of files pass only if all three agree on every row, and nothing about it is suspicious that two people have not
 * accepted. The report is stored before this returns or throws.
 *
 * Where nothing is left that could still be sent, the verdict under which it was sent stands, and nothing is judged.
 *
 * What is wrong with an input is a failed check, and the others are still judged. Only a store that does not
 * answer, or a case that cannot be opened, ends it without a report: then nothing was judged.
 *
 * @returns the key of the report's JSON
 * @throws GateFailed, naming the failed checks; StaleFence and LedgerBroken as {@link openCase} and
 * {@link passFiles} say; a fault of the stores as it is
 */
export async function reconcile(
  event: { readonly batchId: string; readonly fence: number },
  ports: GatePorts,
): Promise<{ readonly verdict: "PASSED"; readonly report: string }> {
  const nonce = ports.nonce();
  const judged = await openCase(event, ports);
  const standing = standingVerdict(judged);
  if (standing !== undefined) {
    const { batch, stream } = judged;
    const line = { state: "Reconcile", batchId: batch.id, stream: stream.name, fence: event.fence, nonce };
    ports.log.decision({ ...line, outcome: "STANDING" });
    return { verdict: "PASSED", report: standing.report };
  }
  const findings = new Findings();
  const list = await readList(judged, ports.objects);
  const gate = { case: judged, table: list.table, findings };
  const files = await walkFiles(gate, ports.objects);
  const staging = await readStagingRecord(gate, ports);
  const ledger = await walkLedger(gate, staging, ports.ledger);
  const rows = walkRows(list.table, files.byMerchant, findings);
  const evidence = { list, rows, files, ledger, findings };
  const proofs = checksOf(judged, evidence, ports);
  const suspicions = await judgeSuspicions(gate, files.debits, list.unreadable, ports);
  const checks = [...proofs, ...(await withAcceptances(judged, suspicions, ports.ledger))];
  const [stopping, accepted] = [checks.filter(isStopping), acceptancesIn(checks)];

  const events = await ports.ledger.readEvents(judged.batch.id);
  const report = await storeReport(
    ports.objects,
    gateReport(judged, evidence, staging.exclusions, checks, events),
  );
  const passed = stopping.length === 0;
  ports.log.decision({
    state: "Reconcile",
    batchId: judged.batch.id,
    stream: judged.stream.name,
    fence: event.fence,
    nonce,
    outcome: passed ? "PASSED" : "FAILED",
    failed: stopping.length,
    accepted: accepted.length,
    checks: checks.length,
    debits: files.debits.count,
  });
  if (!passed) {
    countRaised(stopping, judged.stream.name, ports);
    throw gateFailure(judged.batch.id, checks, report);
  }
  await passFiles(judged, event.fence, nonce, report, accepted, ports);
  ports.metrics.count("GatePassed", judged.stream.name);
  return { verdict: "PASSED", report };
}

/** One for each suspicion that was judged, has failed and is not accepted. */
function countRaised(stopping: readonly Check[], stream: string, { metrics }: GatePorts): void {
  for (const check of stopping) if (isAcceptable(check)) metrics.count("SuspicionRaised", stream);
}
