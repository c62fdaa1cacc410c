import type { Stream } from "../../lambdas/domain/stream.ts";
import { cbaExample, wbcExample } from "./bank-profiles.ts";
import { defineStream } from "./define-stream.ts";

/** What the customers of the sample's merchants read on their statements, in at most 16 characters. */
const remitterNames = {
  "m-harbour-energy": "HARBOUR ENERGY",
  "m-greenleaf-insure": "GREENLEAF INSURE",
  "m-redgum-council": "REDGUM COUNCIL",
};

const workingDays = { time: "07:00", weekdays: [1, 2, 3, 4, 5] };

/** The streams. To configure one, read "Configure a stream" in the README. */
export const streams: readonly Stream[] = [
  defineStream({
    name: "au-cba",
    code: "CB",
    bankProfile: cbaExample,
    timeZone: "Australia/Sydney",
    schedule: workingDays,
    cutOff: "16:00",
    remitterNames,
  }),
  defineStream({
    name: "au-wbc",
    code: "WB",
    bankProfile: wbcExample,
    timeZone: "Australia/Sydney",
    schedule: workingDays,
    cutOff: "16:00",
    remitterNames,
  }),
];

/**
 * Codes of streams that are gone. A code opens every lodgement reference and file description of its stream,
 * and returns come back for months: it is never given to another stream.
 */
export const retiredCodes: readonly string[] = [];
