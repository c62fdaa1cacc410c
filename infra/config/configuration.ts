import type { Configuration } from "../../lambdas/domain/stream.ts";
import type { Stage } from "../stage.ts";
import { checkStreams } from "./check-streams.ts";
import { businessCalendar } from "./holidays.ts";
import { retiredCodes, streams } from "./streams.ts";

/**
 * The checked configuration of a stage. Both stages run the same streams, so that what dev has shown holds
 * for prod; a facility that only one of them has is left out of the other here.
 * @throws WrongInput naming stream and field of everything that is wrong
 */
export function configuration(_stage: Stage): Configuration {
  return {
    streams: Object.fromEntries(checkStreams(streams, retiredCodes).map((stream) => [stream.name, stream])),
    calendar: businessCalendar(),
    epoch: 1,
  };
}
