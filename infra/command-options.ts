import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { WrongInput } from "./wrong-input.ts";

/** A command's options by their names. @throws WrongInput for one that it does not have, or that lacks its value */
export function optionsIn<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new WrongInput((error as Error).message, { cause: error });
  }
}

/** An option's value as a whole number above zero. @throws WrongInput naming the option */
export function wholeNumber(name: string, text: string, mostDigits: number): number {
  const isWhole = /^[1-9]\d*$/.test(text) && text.length <= mostDigits;
  if (!isWhole) throw new WrongInput(`${name} is a whole number above zero`);
  return Number(text);
}
