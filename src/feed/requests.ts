import { maySee, type Access } from "../core/access.js";
import { PipelineError } from "../core/errors.js";
import { ALL_STREAMS } from "../core/topics.js";
import { REQUEST_LIMITS, requestSchema, type ClientRequest, type Subscription } from "../wire/index.js";

/** A request that can't be followed, as the answer tells it. */
export interface Invalid {
  readonly type: "invalid";
  readonly message: string;
  /** Of the request, when it could be read. */
  readonly id?: string;
}

/** A client's message, or in one line what is wrong with it. */
export function parseRequest(text: string): ClientRequest | Invalid {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { type: "invalid", message: "the message is not JSON" };
  }
  const parsed = requestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const id = typeof json === "object" && json !== null && "id" in json ? json.id : undefined;
  const hasId = typeof id === "string" && id.length <= REQUEST_LIMITS.idLength;
  return { type: "invalid", message: issuesText(parsed.error.issues), ...(hasId && { id }) };
}

/** At most so many are told: a request can hold thousands of mistakes. */
const TOLD_ISSUES = 5;
const LONGEST_TOLD = 500;

/** What is wrong, in one line. */
export function issuesText(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  const told = issues.slice(0, TOLD_ISSUES).map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  return told.join("; ").slice(0, LONGEST_TOLD);
}

/** Why somebody may not have what a subscription asks for, or undefined. A stream that may not be seen is as unknown as one that does not exist. */
export function refusalOf({ streams, topics }: Pick<Subscription, "streams" | "topics">, access: Access, known: (stream: string) => boolean): PipelineError | undefined {
  const unknown = streams.find((stream) => stream !== ALL_STREAMS && !(maySee(access, stream) && known(stream)));
  if (unknown !== undefined) return new PipelineError("E_STREAM_UNKNOWN", `there is no stream ${JSON.stringify(unknown)}`);
  return topics.includes("log") && access.role !== "admin" ? new PipelineError("E_FORBIDDEN", "the topic log is for the role admin") : undefined;
}
