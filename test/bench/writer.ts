import ABA from "aba-generator";
import { BankFileWriter, type FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import { lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import { fillBareBuffer } from "./bare-buffer.ts";
import type { Effort, Figure } from "./figure.ts";
import { BILLING_DATE, debitOf, PROFILE, STREAM } from "./made-batch.ts";
import { median, medianRatio, rounds } from "./rounds.ts";

const SIZES = { tiny: [200, 2], quick: [100_000, 9], full: [200_000, 21] } as const;
const DESCRIPTION = "BN0026320101";

/** The writer with every check, against a package that checks nothing and against no code at all. */
export async function benchWriter({ size, tell }: Effort): Promise<Figure[]> {
  const [count, times] = SIZES[size];
  const debits = Array.from({ length: count }, (_, index): FileDebit => {
    const line = index + 1;
    const reference = lodgementReference({
      code: STREAM.code,
      billingDate: BILLING_DATE,
      number: 1,
      line,
    });
    return { ...debitOf(line), reference };
  });
  const transactions = debits.map((debit) => ({
    bsb: debit.bsb,
    account: debit.accountNumber,
    transactionCode: 13,
    amount: debit.cents / 100,
    accountTitle: debit.title,
    reference: debit.reference,
    traceBsb: PROFILE.traceBsb,
    traceAccount: PROFILE.traceAccount,
    remitter: debit.remitter,
  }));
  const header = {
    bank: PROFILE.mnemonic,
    user: PROFILE.userName,
    userNumber: Number(PROFILE.userId),
    description: DESCRIPTION,
    date: "020326",
  };
  const ours = () => written(debits);
  const theirs = () => new ABA({ header }).generate(transactions);
  const bare = () => fillBareBuffer(debits);
  sameRecords(ours(), theirs(), bare());

  // V8 throws away the code of a class of which no object is left. A Lambda that writes files always has one.
  const open = new BankFileWriter(PROFILE, { description: DESCRIPTION, processingDate: BILLING_DATE });
  const told = (pair: string) => (round: number) =>
    tell(`writer against ${pair}: round ${round} of ${times}`);
  // Two pairs, because the garbage that one contender leaves would be collected at the others' expense.
  const pair = await rounds({ ours, bare }, times, told("a bare buffer"));
  const other = await rounds({ ours, theirs }, times, told("aba-generator"));
  open.add(debits[0] as FileDebit);
  const each = (of: readonly number[]) => `${((median(of) * 1e6) / count).toFixed(0)} ns`;
  const detail = `${count} debits, median of ${times} rounds`;
  return [
    {
      bench: "writer",
      what: "speed against aba-generator 2.1.0",
      value: medianRatio(other.theirs, other.ours),
      unit: "×",
      target: { atLeast: 2 },
      detail: `${detail}; ${each(other.ours)} a debit against ${each(other.theirs)}`,
    },
    {
      bench: "writer",
      what: "speed against a bare buffer",
      value: medianRatio(pair.bare, pair.ours),
      unit: "×",
      target: { atLeast: 0.6 },
      detail: `${detail}; ${each(pair.ours)} a debit against ${each(pair.bare)}`,
    },
  ];
}

function written(debits: readonly FileDebit[]): Buffer {
  const file = {
    description: DESCRIPTION,
    processingDate: BILLING_DATE,
    expectedDebits: debits.length,
  };
  const writer = new BankFileWriter({ ...PROFILE, selfBalancing: false }, file);
  for (const debit of debits) writer.add(debit);
  return writer.finish();
}

/** All three must have done the same work: record by record the same bytes. */
function sameRecords(ours: Buffer, theirs: string, bare: Buffer): void {
  const records = ours.subarray(122, -122);
  const same = records.equals(bare) && records.equals(Buffer.from(theirs, "latin1").subarray(122, -120));
  if (!same) throw new Error("writer, aba-generator and bare buffer do not write the same records");
}
