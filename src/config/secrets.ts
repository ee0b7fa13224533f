import { readFile } from "node:fs/promises";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { keepSecret } from "../core/redact.js";

/** `${NAME}`; one more dollar before it and it stays as it is, less that dollar. */
const REFERENCE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;

/** Looks up what a name stands for; undefined when nobody has said. */
export type Secrets = (name: string) => string | undefined;

/** The names that a text refers to. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].filter(([whole]) => !whole.startsWith("$$")).map(([, name]) => name!);
}

/** A text less the names that it refers to. */
export const withoutNames = (text: string): string => text.replace(REFERENCE, "");

/**
 * The names of a secrets file (null = there is none), and behind them those of the environment. The file has lines
 * NAME=VALUE, the value as it stands or in quotes of one kind, and comments behind `#` at a line's beginning.
 * @throws PipelineError E_CONFIG_FILE when the file can't be read or has another line; what stands in the line is not told
 */
export async function readSecrets(path: string | null, environment: Readonly<Record<string, string | undefined>>): Promise<Secrets> {
  const named = path === null ? new Map<string, string>() : parse(await read(path), path);
  return (name) => named.get(name) ?? environment[name];
}

async function read(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    const code = systemCodeOf(cause);
    throw new PipelineError("E_CONFIG_FILE", `${path} (secretsFile) can't be read (${code})`);
  });
}

function parse(text: string, path: string): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new PipelineError("E_CONFIG_FILE", `${path}:${i + 1} is no line NAME=VALUE`);
    named.set(name, value.replace(/^(["'])(.*)\1$/, "$2"));
  }
  return named;
}

/**
 * Puts in what the names of a text stand for. The values are hidden from then on wherever text is redacted.
 * @throws PipelineError E_CONFIG for a name that nobody has said
 */
export function withSecrets(text: string, secrets: Secrets): string {
  return text.replace(REFERENCE, (whole, name: string) => {
    if (whole.startsWith("$$")) return whole.slice(1);
    const value = secrets(name);
    if (value === undefined) throw new PipelineError("E_CONFIG", `\${${name}} stands for nothing: it is neither in secretsFile nor in the environment`);
    keepSecret(value);
    return value;
  });
}
