/** Everything that is begun as a thread or a process of its own. `setup/programs.mjs` bundles each into a few files. */
export const PROGRAMS = ["cli", "pool/worker", "pool/process-entry", "pool/process-leash", "bench/measure", "bench/limit-worker", "bench/fanout-clients"] as const;

/** Where a program lies, for who begins it. */
export function programUrl(name: (typeof PROGRAMS)[number]): URL {
  return new URL(`../../programs/${name}.js`, import.meta.url);
}
