import { WrongInput } from "../wrong-input.ts";

/**
 * For how many years bank files, what was delivered to the bank, and reports are kept. In prod nobody can shorten
 * it for what is stored already, the account's owner included; dev keeps nothing for longer than it stands.
 */
export const retentionYears = 7;

/** The years as days, rounded up over leap years. Throws WrongInput for years that S3 could not keep. */
export function retentionDays(years: number = retentionYears): number {
  if (!Number.isInteger(years) || years < 1 || years > 99) {
    throw new WrongInput(`retentionYears is ${years}, and must be a whole number from 1 to 99`);
  }
  return Math.ceil(years * 365.25);
}
