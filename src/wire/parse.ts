import { recordSchema, type WireRecord } from "./records.js";

/** A record that was read, or why it is none. */
export type ParsedRecord = { readonly record: WireRecord } | { readonly problem: string };

/**
 * Reads one line of a log or of the feed. Keys that this version does not know are left out: new optional ones may come
 * within version 1. Whatever else departs from the schema is told, with the first place.
 */
export function parseRecord(line: string): ParsedRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: "no JSON" };
  }
  for (;;) {
    const { success, data, error } = recordSchema.safeParse(value);
    if (success) return { record: data };
    if (!error.issues.every((issue) => issue.code === "unrecognized_keys")) {
      const issue = error.issues.find(({ code }) => code !== "unrecognized_keys")!;
      return { problem: `no record of version 1: ${issue.path.join(".") || "the whole"}: ${issue.message}` };
    }
    for (const { path, keys } of error.issues as { path: PropertyKey[]; keys: string[] }[]) without(value, path, keys);
  }
}

/** Takes keys away from the object that lies at `path`. */
function without(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  const holder = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value) as Record<string, unknown>;
  for (const key of keys) delete holder[key];
}
