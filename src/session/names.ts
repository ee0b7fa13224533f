import { basename, extname } from "node:path";
import { redactUrl } from "../core/redact.js";

/**
 * Stream names for sources, in their order: the file's name without its extension, numbered where two would be the same
 * or the name is one of `taken`.
 */
export function streamNames(sources: readonly string[], taken: readonly string[] = []): string[] {
  const used = new Set<string>(taken);
  return sources.map((source) => {
    const file = basename(redactUrl(source).replace(/[?].*$/, ""));
    const plain = (file.slice(0, file.length - extname(file).length) || file || "stream").replace(/^test:/, "");
    let name = plain;
    for (let n = 2; used.has(name); n += 1) name = `${plain}-${n}`;
    used.add(name);
    return name;
  });
}
