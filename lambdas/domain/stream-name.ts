/** What a stream's name must be, in words. */
export const STREAM_NAME_RULE = "must be 3 to 20 of a-z, 0-9 and hyphen, with a letter among them";

/** Whether a text has the form of a stream's name. Digits alone may be anything, also a bank account. */
export function isStreamName(text: string): boolean {
  return /^(?=.*[a-z])[a-z0-9-]{3,20}$/.test(text);
}
