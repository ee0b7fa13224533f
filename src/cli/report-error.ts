import { inspect } from "node:util";
import { ERROR_TABLE, messageOf, PipelineError, type ErrorWire } from "../core/errors.js";
import { redactUrl } from "../core/redact.js";
import { printable, type Paint } from "./terminal.js";

/** Whatever was thrown, with a code. What has none is a mistake of ours. */
export function coded(thrown: unknown): PipelineError {
  const reason = reasonOf(thrown);
  if (reason instanceof PipelineError) return reason;
  const message = messageOf(reason);
  return new PipelineError("E_INTERNAL", message.split("\n", 1)[0] ?? "", { cause: reason });
}

/** Where closing failed too, `await using` wraps both: what came first is the reason, but for runs that hang, which end everything. */
function reasonOf(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown.name !== "SuppressedError" || !("error" in thrown) || !("suppressed" in thrown)) return thrown;
  const later = reasonOf(thrown.error);
  return later instanceof PipelineError && later.code === "E_POOL_STUCK" ? later : reasonOf(thrown.suppressed);
}

/**
 * One line for each thing that is wrong, the last one followed by what to do:
 * `sightline: E_MODEL_MISSING  m.onnx was not found. Check the path after --model.`
 */
export function errorText({ code, message }: ErrorWire, paint: Paint): string {
  const lines = printable(redactUrl(message)).split("\n");
  const next = ERROR_TABLE[code].next;
  lines.push(`${sentence(lines.pop() ?? "")} ${next.charAt(0).toUpperCase()}${next.slice(1)}.`);
  return lines.map((line) => `sightline: ${paint.red(code)}  ${line}`).join("\n");
}

/** The stack and the causes, for --verbose. */
export function stackText(error: unknown): string {
  return redactUrl(inspect(error, { depth: 6 }));
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
