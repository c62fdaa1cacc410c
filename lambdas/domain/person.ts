import { CallerRefused } from "./faults.ts";

/** A session of an assumed role, as AWS names a caller that it has verified. */
const SESSION = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([\w+=,.@-]{1,64})\/([\w+=,.@-]{2,64})$/;
/** A role. Its path, where it has one, is not part of its sessions' names. */
const ROLE = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:[!-.0-~]+\/)*([\w+=,.@-]{1,64})$/;

/**
 * The person behind a verified caller: the session name, which the role's trust policy ties to the person, in lower
 * case, because nobody's name differs from another's by case alone. A user, the root of the account, another role or
 * a role of the same name elsewhere is nobody.
 * @param userArn as AWS has verified it; undefined where it has verified nothing
 * @param roleArn of the role that the function is for
 * @throws CallerRefused
 */
export function personOf(userArn: string | undefined, roleArn: string): string {
  const role = ROLE.exec(roleArn);
  const session = userArn === undefined ? null : SESSION.exec(userArn);
  if (!role || !session) throw new CallerRefused("the caller is not in a session of an assumed role");
  const isOfTheRole = [1, 2, 3].every((part) => session[part] === role[part]);
  if (!isOfTheRole) throw new CallerRefused(`the caller is not in the role ${role[3]}`);
  return (session[4] as string).toLowerCase();
}

/** How AWS would name a person in a role: the reverse of {@link personOf}, for the local run. */
export function sessionArn(roleArn: string, person: string): string {
  return `${roleArn.replace(/:iam::(\d{12}):role\/(?:.*\/)?/, ":sts::$1:assumed-role/")}/${person}`;
}
