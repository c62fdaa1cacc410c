/**
 * The error itself. A Lambda's failure is JSON in the cause; a failed map is called by another name, and its cause
 * says in words what its child threw.
 */
export function rootError(error: string, cause: string, message: string): { name: string; message: string } {
  try {
    const parsed = JSON.parse(cause) as { errorType?: unknown; errorMessage?: unknown };
    const { errorType, errorMessage } = parsed;
    if (typeof errorType === "string" && typeof errorMessage === "string") {
      return { name: errorType, message: errorMessage };
    }
  } catch {
    // The cause is plain text, and the error is what it is called.
  }
  const child = /failed with (\w+): (.*)$/s.exec(cause);
  return error.startsWith("States.") && child
    ? { name: child[1] as string, message: child[2] as string }
    : { name: error, message };
}
