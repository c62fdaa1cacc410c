import { WrongInput } from "../wrong-input.ts";

/**
 * The repository on GitHub whose workflow deploys, as `owner/name`, or `owner@id/name@id` where its tokens carry the ids
 * (those of a repository that was made or renamed since 2026-07-15 do). PUT YOUR OWN HERE: without one no role is made,
 * and people deploy. The account needs GitHub's identity provider first, one for all stages (README: "Deploy").
 */
const repository: string | undefined = undefined;

/** The ids are of both or of neither: a token with one alone does not exist, and a role that waits for it lets in nobody. */
const REPOSITORY =
  /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:\/[A-Za-z0-9._-]{1,100}|@\d{1,20}\/[A-Za-z0-9._-]{1,100}@\d{1,20})$/;

/**
 * The checked repository; undefined for none.
 * @throws WrongInput for anything that is no repository's name: a star in it would let in other people's
 */
export function githubRepository(given: string | undefined = repository): string | undefined {
  if (given !== undefined && !REPOSITORY.test(given)) {
    throw new WrongInput(
      `infra/config/github.ts: ${JSON.stringify(given)} is not of the form owner/name or owner@id/name@id.`,
    );
  }
  return given;
}
