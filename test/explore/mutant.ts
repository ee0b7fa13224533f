import { readFileSync } from "node:fs";

/** One place of the code, as the compiler writes it, and what stands there instead. */
export type Edit = readonly [from: string, to: string];

/**
 * Loads a module of `src` with mistakes in it, to see them found. Throws when a place is not there just once, so that no
 * mutant dies unnoticed when the code changes.
 * @param file from `src`, as compiled: `ring/frame-ring.js`
 */
export async function mutant<Module>(file: string, ...edits: readonly Edit[]): Promise<Module> {
  const url = new URL(`../../src/${file}`, import.meta.url);
  let code = readFileSync(url, "utf8");
  for (const [from, to] of edits) {
    if (code.split(from).length !== 2) throw new Error(`${file} does not have this in one place, so the mutant can't be made:\n${from}`);
    code = code.replace(from, () => to);
  }
  // A module without a file has no folder to import from.
  const standing = code.replace(/ from "([^"]+)"/g, (_, name: string) => ` from "${name.startsWith(".") ? new URL(name, url).href : import.meta.resolve(name)}"`);
  return (await import(`data:text/javascript,${encodeURIComponent(standing)}`)) as Module;
}
