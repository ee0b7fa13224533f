import { PipelineError } from "../core/errors.js";
import { issuesText } from "../feed/index.js";
import { subscriptionSchema, type Subscription } from "../wire/index.js";

/** A query string as it was parsed: a parameter that stands twice is a list. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

/** Parameters that are not the filter's. */
const OTHERS: ReadonlySet<string> = new Set(["lastEventId", "ticket"]);
const TRUTH: Readonly<Record<string, boolean>> = { true: true, false: false, "1": true, "0": false };

/** `a,b` and `x=a&x=b` are both two. */
const list = (value: string | readonly string[]): string[] => [value].flat().flatMap((one) => one.split(","));
const number = (value: string | readonly string[]): unknown => (typeof value === "string" && value.trim() !== "" ? Number(value) : value);
const truth = (value: string | readonly string[]): unknown => TRUTH[String(value)] ?? value;

const READERS: Readonly<Record<string, (value: string | readonly string[]) => unknown>> = {
  streams: list, topics: list, classes: list, minScore: number, maxFps: number, empty: truth,
};

/**
 * Reads a subscription from query parameters, such as `streams=gate,yard&topics=detections,state&minScore=0.5`.
 * @throws PipelineError E_REQUEST
 */
export function subscriptionOf(query: Query): Subscription {
  const given = Object.entries(query).filter(([name]) => !OTHERS.has(name));
  const parsed = subscriptionSchema.safeParse(Object.fromEntries(given.map(([name, value]) => [name, READERS[name]?.(value) ?? value])));
  if (!parsed.success) throw new PipelineError("E_REQUEST", issuesText(parsed.error.issues));
  if (parsed.data.topics.includes("video")) throw new PipelineError("E_REQUEST", "topics: video is binary and only on the socket at /ws");
  return parsed.data;
}
