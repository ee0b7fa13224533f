import type { SubscribeInput } from "../wire/index.js";

/** Which objects the server shall send. */
export interface Filter {
  /** Labels; null = all. */
  readonly classes: readonly string[] | null;
  /** 0..1 */
  readonly minScore: number;
}

/** Everything. */
export const NO_FILTER: Filter = { classes: null, minScore: 0 };

/** Whether anything is left out. */
export const isFiltering = ({ classes, minScore }: Filter): boolean => classes !== null || minScore > 0;

/** The subscription of records. Frames without an object that passes are sent too: their pictures need their records. */
export function recordsSubscription({ classes, minScore }: Filter): SubscribeInput {
  return { id: "records", streams: ["*"], topics: ["detections", "events", "state", "stats"], minScore, ...(classes && { classes: [...classes] }) };
}

/** The program's own words: for admins, so it is asked for apart and may be refused. */
export const LOG_SUBSCRIPTION: SubscribeInput = { id: "log", streams: ["*"], topics: ["log"] };

/** The filter after a class was switched on or off; with all known ones on it is none. */
export function withClass({ classes, minScore }: Filter, label: string, on: boolean, known: readonly string[]): Filter {
  const chosen = new Set(classes ?? known);
  if (on) chosen.add(label);
  else chosen.delete(label);
  return { minScore, classes: known.every((one) => chosen.has(one)) ? null : [...chosen].sort() };
}
