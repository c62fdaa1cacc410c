import { WrongInput } from "../wrong-input.ts";

/**
 * The repository on GitHub whose workflow deploys, as `owner/name`. PUT YOUR OWN HERE: without one no role is made, and
 * people deploy. The account needs GitHub's identity provider first, one for all stages (README: "Deploy").
 */
const repository: string | undefined = undefined;

/**
 * The checked repository; undefined for none.
 * @throws WrongInput for anything that is no repository's name: a star in it would let in other people's
 */
export function githubRepository(given: string | undefined = repository): string | undefined {
  if (given !== undefined && !/^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}\/[A-Za-z0-9._-]{1,100}$/.test(given)) {
    throw new WrongInput(`infra/config/github.ts: ${JSON.stringify(given)} is not of the form owner/name.`);
  }
  return given;
}
