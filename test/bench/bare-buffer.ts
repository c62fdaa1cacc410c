import type { FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import { PROFILE } from "./made-batch.ts";

const LINE_BYTES = 122;
const LINES_PER_BLOCK = 256;

/**
 * The records of a bank file, put into one buffer of just the right size with no check of anything, by the fastest
 * way that we know: template lines are copied by the block, and each field is put there character by character.
 */
export function fillBareBuffer(debits: readonly FileDebit[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(debits.length * LINE_BYTES);
  const block = Buffer.alloc(LINES_PER_BLOCK * LINE_BYTES, template());
  for (let at = 0; at < bytes.length; at += block.length) block.copy(bytes, at);
  let at = 0;
  for (const debit of debits) {
    put(bytes, at + 1, debit.bsb);
    put(bytes, at + 17 - debit.accountNumber.length, debit.accountNumber);
    putAmount(bytes, at + 29, debit.cents);
    put(bytes, at + 30, debit.title);
    put(bytes, at + 62, debit.reference);
    put(bytes, at + 96, debit.remitter);
    at += LINE_BYTES;
  }
  return bytes;
}

function template(): string {
  const trace = PROFILE.traceBsb + PROFILE.traceAccount.padStart(9);
  return `1${" ".repeat(17)}13${"0".repeat(10)}${" ".repeat(50)}${trace}${" ".repeat(16)}00000000\r\n`;
}

function put(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
}

/** @param last where the last digit goes; an amount here is less than 2^31 */
function putAmount(bytes: Uint8Array, last: number, cents: number): void {
  for (let at = last, rest = cents | 0; rest > 0; at -= 1) {
    bytes[at] = 0x30 + (rest % 10);
    rest = (rest / 10) | 0;
  }
}
