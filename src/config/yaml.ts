import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import { PipelineError } from "../core/errors.js";

/** A settings file as it was written. */
export interface SettingsFile {
  /** Plain data. */
  readonly tree: unknown;
  /** Line and column, both from 1, of the key or element at a path; of the nearest parent that exists. */
  locate(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
}

/**
 * Parses a settings file. `name` is for messages.
 * @throws PipelineError E_CONFIG_FILE with line and column
 */
export function parseSettingsFile(text: string, name: string): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [first] = document.errors;
  if (first !== undefined) {
    // Those after the first are mostly its echo.
    const { line, col } = lines.linePos(first.pos[0]);
    throw new PipelineError("E_CONFIG_FILE", `${name}:${line}:${col} ${first.message}`);
  }
  return {
    tree: plain(document, name),
    locate(path) {
      const { line, col: column } = lines.linePos(offsetOf(document, path));
      return { line, column };
    },
  };
}

/** Aliases that unfold into too much are refused here. */
function plain(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new PipelineError("E_CONFIG_FILE", `${name}:1:1 ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const offset = startOf(document, path.slice(0, length));
    if (offset !== undefined) return offset;
  }
  return 0;
}

/** Where a key stands, or an element of a list. */
function startOf(document: Document, path: readonly (string | number)[]): number | undefined {
  const last = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (typeof last === "string" && isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === last);
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true);
  return isScalar(node) ? node.range?.[0] : undefined;
}
