import type { BankProfile } from "../../lambdas/domain/stream.ts";

/**
 * The example facilities of a company that does not exist. User ids and bank accounts are made up:
 * put the ones of your own direct-debit facility here, from the bank's letter.
 */
export const cbaExample: BankProfile = {
  name: "cba-example",
  mnemonic: "CBA",
  userId: "999901",
  userName: "DEBIT ONCE EXAMPLE",
  selfBalancing: true,
  headerAccount: false,
  lastLineEnd: true,
  traceBsb: "069-999",
  traceAccount: "12345678",
  maxAheadDays: 30,
};

export const wbcExample: BankProfile = {
  name: "wbc-example",
  mnemonic: "WBC",
  userId: "999902",
  userName: "DEBIT ONCE EXAMPLE",
  selfBalancing: false,
  headerAccount: false,
  lastLineEnd: true,
  traceBsb: "039-999",
  traceAccount: "87654321",
  maxAheadDays: 30,
};
