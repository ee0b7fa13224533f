import { basename, extname } from "node:path";
import { redactAddress } from "../core/redact.js";

/** An address without a path; what stands before an at sign is not the host. */
const HOST_ALONE = /^[a-z][a-z0-9+.-]+:\/\/(?:.*@)?([^/@:]+)(?::\d+)?\/?$/i;

/**
 * Stream names for sources, in their order: the file's name without its extension, of an address the end of its path or
 * else its host, numbered where two would be the same or the name is one of `taken`.
 */
export function streamNames(sources: readonly string[], taken: readonly string[] = []): string[] {
  const used = new Set<string>(taken);
  return sources.map((source) => {
    const shown = redactAddress(source).replace(/[?].*$/s, "");
    const host = HOST_ALONE.exec(shown)?.[1];
    const file = basename(shown);
    const plain = host ?? (file.slice(0, file.length - extname(file).length) || file || "stream").replace(/^test:/, "");
    let name = plain;
    for (let n = 2; used.has(name); n += 1) name = `${plain}-${n}`;
    used.add(name);
    return name;
  });
}
