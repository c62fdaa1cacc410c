import { GetCalendarStateCommand, SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";
import type { ChangeCalendar, Instant } from "../ports.ts";

/**
 * One calendar of SSM Change Calendar.
 * @param name of its document, or the ARN
 */
export function ssmChangeCalendar(name: string, config: SSMClientConfig): ChangeCalendar {
  const client = new SSMClient(config);
  return {
    async at(instant) {
      const AtTime = new Date(instant).toISOString();
      const answer = await client.send(new GetCalendarStateCommand({ CalendarNames: [name], AtTime }));
      const { State: state, NextTransitionTime: next } = answer;
      // What does not say that it is open, or until when, has not been read.
      if (state !== "OPEN" && state !== "CLOSED")
        throw new Error("the calendar's state is neither open nor closed");
      if (next === undefined) return { state };
      const until = Date.parse(next) as Instant;
      if (Number.isNaN(until)) throw new Error("the calendar's next transition is no instant");
      return { state, until };
    },
  };
}
