import type { Stage } from "../stage.ts";
import { WrongInput } from "../wrong-input.ts";

/** `page`: somebody gets up now. `ticket`: somebody looks on the next working day. `duplicates`: an own ear for these. */
export const TOPICS = ["page", "ticket", "duplicates"] as const;

export type TopicName = (typeof TOPICS)[number];

/** Who hears of what, by e-mail. Other ears (a pager, a chat) subscribe to the topics themselves. */
export type AlarmAddresses = Readonly<Record<TopicName, readonly string[]>>;

/**
 * The addresses of each stage. PUT YOUR OWN HERE: those of prod are examples, and as long as one of them is, every
 * deployment of prod is refused before it touches anything.
 */
const alarmAddresses: Readonly<Record<Stage, AlarmAddresses>> = {
  // dev may ring for nobody.
  dev: { page: [], ticket: [], duplicates: [] },
  prod: {
    page: ["on-call@example.com"], // an example: replace it
    ticket: ["billing-operations@example.com"], // an example: replace it
    duplicates: ["direct-debit-duplicates@example.com"], // an example: replace it
  },
};

const WHERE = "infra/config/alarm-addresses.ts";

/**
 * The addresses of a stage.
 * @throws WrongInput where prod would page nobody, or where something is no address
 */
export function addressesOf(stage: Stage, configured = alarmAddresses): AlarmAddresses {
  const addresses = configured[stage];
  if (stage === "prod" && addresses.page.length === 0) {
    throw new WrongInput(
      `There is no address to page for stage prod, so its worst alarms would ring for nobody: name one in ${WHERE}.`,
    );
  }
  for (const topic of TOPICS) {
    if (addresses[topic].some((address) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address))) {
      throw new WrongInput(
        `The addresses of ${topic} for stage ${stage} are not all of the form name@domain: ${WHERE}.`,
      );
    }
    if (new Set(addresses[topic]).size < addresses[topic].length) {
      throw new WrongInput(`An address of ${topic} for stage ${stage} is there twice: ${WHERE}.`);
    }
  }
  return addresses;
}

/** The addresses that are nobody's: their domains are set aside for examples (RFC 2606). */
export function exampleAddresses(addresses: AlarmAddresses): string[] {
  const reserved = /[@.](example\.(com|net|org)|example|invalid|test|localhost)$/i;
  return [...new Set(TOPICS.flatMap((topic) => addresses[topic]))].filter((address) =>
    reserved.test(address),
  );
}
