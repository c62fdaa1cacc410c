/** What a person wrote is wrong, and the message alone tells what to mend: a stack trace would hide it. */
export class WrongInput extends Error {
  override readonly name = "WrongInput";
}
