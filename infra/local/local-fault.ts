/**
 * The local stack cannot do its work: one sentence says what is wrong, {@link next} says what a person can do.
 * The original error, if there is one, is the cause.
 */
export class LocalFault extends Error {
  override readonly name = "LocalFault";
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}

/** The code that Node and LevelDB give their errors: the innermost one of the chain of causes. */
export function codeOf(error: unknown): string | undefined {
  let code: string | undefined;
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") code = at.code;
  }
  return code;
}

/** The sentence for what a file system or LevelDB says. */
export function faultOf(folder: string, error: unknown): LocalFault {
  const code = codeOf(error) ?? "";
  const cause = { cause: error };
  switch (code) {
    case "LEVEL_LOCKED":
      return new LocalFault(
        `The store under ${folder} is in use by another process.`,
        "Wait until the other run has ended, or use another folder.",
        cause,
      );
    case "LEVEL_CORRUPTION":
      return new LocalFault(`The store under ${folder} is damaged.`, freshAdvice(folder), cause);
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
    case "EEXIST":
      return new LocalFault(
        `The folder ${folder} cannot be written (${code}).`,
        "Give a folder that can be written, or run where one can be made.",
        cause,
      );
    case "ENOSPC":
      return new LocalFault(
        `The disk that holds ${folder} is full.`,
        "Free some space and try again.",
        cause,
      );
    default: {
      const detail = error instanceof Error ? error.message : String(error);
      return new LocalFault(`The store under ${folder} does not open: ${detail}`, freshAdvice(folder), cause);
    }
  }
}

/** What to do about data that no longer opens. */
export function freshAdvice(folder: string): string {
  return `Start with an empty store (npm start -- --fresh), or move ${folder} away if its batches matter.`;
}
