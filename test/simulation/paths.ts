/** What a path of the definition reads: a state's data, or with `$$` the context object. */
export type Read = (data: unknown, context: unknown) => unknown;

const PATH = /^(\$\$?)((?:\.[A-Za-z_]\w*)*)$/;

/**
 * A path such as `$.lock.fence`, as a function that gives undefined where nothing lies under it.
 *
 * @throws Error for anything else that JSONPath has: this machine does not know it
 */
export function path(text: unknown): Read {
  const [, root, fields = ""] = (typeof text === "string" && PATH.exec(text)) || [];
  if (root === undefined) throw new Error(`This machine does not know the path ${JSON.stringify(text)}.`);
  const names = fields.split(".").slice(1);
  return (data, context) => {
    let found = root === "$" ? data : context;
    for (const name of names) {
      if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
      found = found[name];
    }
    return found;
  };
}

/**
 * Parameters or an ItemSelector as a function: the fields named `….$` hold paths, all others themselves.
 *
 * @throws Error for an intrinsic function or a path that is not known
 */
export function template(value: unknown): Read {
  if (Array.isArray(value)) {
    const items = value.map((item) => template(item));
    return (data, context) => items.map((read) => read(data, context));
  }
  if (!isObject(value)) return () => value;
  const fields = Object.entries(value).map(([name, part]): [string, Read] =>
    name.endsWith(".$") ? [name.slice(0, -2), required(part)] : [name, template(part)],
  );
  return (data, context) => Object.fromEntries(fields.map(([name, read]) => [name, read(data, context)]));
}

/** A path under which something has to lie; the words are those of the local run, States.Runtime is AWS's. */
export function required(text: unknown): Read {
  const read = path(text);
  return (data, context) => {
    const value = read(data, context);
    if (value === undefined)
      throw runtimeError(`Path expression '${String(text)}' does not point to a value`);
    return value;
  };
}

/** Puts a state's result into its input: in its place, beside it under a path, or nowhere. */
export type Place = (input: unknown, result: unknown) => unknown;

/** A ResultPath; one that is absent is `$`. */
export function resultPlace(text: unknown): Place {
  if (text === undefined || text === "$") return (_input, result) => result;
  if (text === null) return (input) => input;
  const names = typeof text === "string" && /^\$((?:\.[A-Za-z_]\w*)+)$/.exec(text)?.[1]?.split(".").slice(1);
  if (!names) throw new Error(`This machine does not know the ResultPath ${JSON.stringify(text)}.`);
  return (input, result) => put(input, names, result);
}

/** A copy of the data with the value under those names; what is not on the way there is shared with it. */
function put(data: unknown, [name = "", ...rest]: readonly string[], value: unknown): unknown {
  // https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
  if (!isObject(data)) throw named("States.ResultPathMatchFailure", "The input has no place for the result.");
  const inner = rest.length === 0 ? value : put(Object.hasOwn(data, name) ? data[name] : {}, rest, value);
  return { ...data, [name]: inner };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An error by the name under which Step Functions reports it. */
export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Ends an execution past every retrier: a path that finds nothing, a value of the wrong kind. */
export function runtimeError(message: string): Error {
  return named("States.Runtime", message);
}
