import { PipelineError, type ErrorCode } from "../core/errors.js";
import { redactUrl } from "../core/redact.js";

/** What in the words of library, broker or system means which code; the first that fits. */
const MEANINGS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/authorization violation|authentication (?:timeout|expired|revoked)|permissions violation|nonce|user jwt/i, "E_QUEUE_AUTH"],
  [/insufficient (?:memory|storage) resources|resource limits exceeded|maximum .*(?:streams|memory|bytes)|10023|10028/i, "E_QUEUE_FULL"],
  [/jetstream (?:is )?not enabled|no responders|jetstream system temporarily/i, "E_QUEUE_JETSTREAM"],
  [/certificate|self[- ]signed|UNABLE_TO_|CERT_|ERR_TLS|ERR_SSL|ERR_OSSL|tls|ssl routines|wrong version number|EPROTO|doesn't exist/i, "E_QUEUE_TLS"],
];

/** All that an error says, its causes included: the library hides the system's words behind its own. */
function wordsOf(thrown: unknown): string {
  const words: string[] = [];
  for (let one = thrown, depth = 0; one instanceof Error && depth < 4; one = one.cause, depth += 1) {
    const code = "code" in one && typeof one.code === "string" ? ` (${one.code})` : "";
    const text = `${one.message}${code}`.trim();
    if (text !== "" && !words.includes(text)) words.push(text);
  }
  return words.length > 0 ? words.join(": ") : String(thrown);
}

/** An error of the connection in our words, with no secret in it. Kept when it is one of ours. */
export function explain(thrown: unknown, address: string): PipelineError {
  if (thrown instanceof PipelineError) return thrown;
  const words = redactUrl(wordsOf(thrown));
  const code = MEANINGS.find(([pattern]) => pattern.test(words))?.[1] ?? "E_QUEUE_UNREACHABLE";
  return new PipelineError(code, `${address}: ${words}`, { cause: thrown });
}

/** Whether trying again may help by itself: a broker that is not there may come. */
export function isPassing({ code }: PipelineError): boolean {
  return code === "E_QUEUE_UNREACHABLE";
}
