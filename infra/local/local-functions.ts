import { randomUUID } from "node:crypto";
import type { Handler, InvocationContext, Runtime } from "../../lambdas/adapters/lambda.ts";
import type { Assembly, LocalFunction } from "./assembly.ts";
import type { Around } from "./local-app.ts";
import { LocalFault } from "./local-fault.ts";
import { jsonCopy } from "./states-errors.ts";

/** Calls handlers as Lambda does: made once, given and giving JSON, with the time that the template leaves. */
export function localFunctions(
  assembly: Assembly,
  runtime: (name: string, known: LocalFunction) => Runtime,
  around: Around,
): (name: string, event: unknown) => Promise<unknown> {
  const handlers = new Map<
    string,
    Promise<(event: unknown, context: InvocationContext) => Promise<unknown>>
  >();
  return async (name, event) => {
    const known = assembly.functions.get(name);
    if (!known)
      throw new LocalFault(`The app has no function ${name}.`, "See infra/ for the functions that it has.");
    const made = handlers.get(name) ?? handlerOf(known).then((handler) => handler.on(runtime(name, known)));
    handlers.set(name, made);
    const handler = await made;
    const deadline = performance.now() + known.timeoutSeconds * 1000;
    const context: InvocationContext = {
      functionName: name,
      awsRequestId: randomUUID(),
      getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
    };
    return around(name, event, async () => jsonCopy(await handler(jsonCopy(event), context)));
  };
}

async function handlerOf({ handler: path }: LocalFunction): Promise<Handler<unknown>> {
  const url = new URL(`../../${path}`, import.meta.url).href;
  const { handler } = (await import(/* @vite-ignore */ url)) as { handler: Handler<unknown> };
  return handler;
}
