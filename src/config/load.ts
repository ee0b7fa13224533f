import { readFile } from "node:fs/promises";
import { asPipelineError, PipelineError, systemCodeOf } from "../core/errors.js";
import { keepSecret, redactAddress } from "../core/redact.js";
import { environmentLayer, fileLayer, flagLayer, isMap, problem, show, type Entry, type FlagValue, type Layer, type Origin, type Problem } from "./layers.js";
import { settingsSchema, type Settings } from "./schema.js";
import { readSecrets, withSecrets } from "./secrets.js";
import { allowedText, findSetting } from "./settings-table.js";

/** Where settings come from; each overrules those before it. */
export interface SettingsSources {
  /** What a command presets, by key; weaker than everything a person wrote. */
  readonly preset?: Readonly<Record<string, unknown>>;
  /** Path of a YAML file. */
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly FlagValue[];
}

/**
 * Reads and checks all settings: preset < file < environment < flags. All problems are told at once, one a line, each
 * with the place where it was written.
 * @throws PipelineError E_CONFIG_FILE when the file can't be read or is no YAML; E_USAGE when only flags are wrong; else E_CONFIG
 */
export async function loadSettings(sources: SettingsSources): Promise<Settings> {
  const layers = [
    presetLayer(sources.preset ?? {}),
    ...(sources.file === undefined ? [] : [await readLayer(sources.file)]),
    environmentLayer(sources.environment ?? {}),
    flagLayer(sources.flags ?? []),
  ];
  const entries = layers.flatMap((layer) => layer.entries);
  const merged = merge(entries);
  const parsed = settingsSchema.safeParse(merged);
  const wrong = parsed.success ? [] : parsed.error.issues.flatMap(innermost).map((issue) => problemOf(issue, merged, entries));
  const problems = [...layers.flatMap((layer) => layer.problems), ...wrong];
  if (problems.length > 0) throw settingsError(problems);
  return await expanded(parsed.data as Settings, sources.environment ?? {}, entries);
}

/** Puts what `${NAME}` stands for into every source, and into how the broker is reached. */
async function expanded(settings: Settings, environment: Readonly<Record<string, string | undefined>>, entries: readonly Entry[]): Promise<Settings> {
  const secrets = await readSecrets(settings.secretsFile, environment);
  const problems: Problem[] = [];
  const expand = (source: string, path: readonly (string | number)[]): string => {
    try {
      return withSecrets(source, secrets);
    } catch (thrown) {
      problems.push(problem(originOf(path, entries), path, `${keyText(path)}: ${asPipelineError(thrown, "E_CONFIG").message}`));
      return source;
    }
  };
  const bare = settings.sources.map((source, i) => expand(source, ["sources", i]));
  const named = Object.entries(settings.streams).map(([name, stream]) => [name, { ...stream, source: expand(stream.source, ["streams", name, "source"]) }] as const);
  const { queue } = settings.inference;
  const word = (key: "url" | "user" | "password"): string | null => (queue[key] === null ? null : expand(queue[key], ["inference", "queue", key]));
  const broker = { ...queue, url: word("url") ?? queue.url, user: word("user"), password: word("password") };
  if (broker.password !== null) keepSecret(broker.password);
  if (problems.length > 0) throw settingsError(problems);
  return { ...settings, inference: { ...settings.inference, queue: broker }, sources: bare, streams: Object.fromEntries(named) };
}

function presetLayer(preset: Readonly<Record<string, unknown>>): Layer {
  const origin: Origin = { kind: "preset", at: () => "preset" };
  return { entries: Object.entries(preset).map(([key, value]) => ({ path: key.split("."), value, origin })), problems: [] };
}

async function readLayer(path: string): Promise<Layer> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const code = systemCodeOf(cause);
    throw new PipelineError("E_CONFIG_FILE", `${path} can't be read (${code})`, { cause });
  });
  const { parseSettingsFile } = await import("./yaml.js");
  const { tree, locate } = parseSettingsFile(text, path);
  const at = (where: readonly (string | number)[]): string => {
    const { line, column } = locate(where);
    return `${path}:${line}:${column}`;
  };
  return fileLayer(tree, { kind: "file", at });
}

type Tree = Record<string, unknown>;

function merge(entries: readonly Entry[]): Tree {
  const root: Tree = {};
  for (const { path, value } of entries) {
    let group = root;
    for (const key of path.slice(0, -1)) group = memberGroup(group, key);
    const last = path.at(-1) ?? "";
    // A group's own entry says that it is there; what a weaker layer put into it stays.
    if (!(isMap(value) && isMap(group[last]))) group[last] = isMap(value) ? { ...value } : value;
  }
  return root;
}

function memberGroup(group: Tree, key: string): Tree {
  const member = group[key];
  return isMap(member) ? member : (group[key] = {});
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** What is wrong inside a group that may also be a word. */
function innermost(issue: Issue): readonly Issue[] {
  const inside = issue.errors?.find((issues) => issues.every(({ path }) => path.length > 0));
  return inside?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) ?? [issue];
}

function problemOf(issue: Issue, merged: Tree, entries: readonly Entry[]): Problem {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const origin = originOf(path, entries);
  const name = path.reduce<string>((text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}${text && "."}${part}`), "");
  const node = findSetting(path)?.node ?? findSetting(path.slice(0, -1))?.node.items;
  const seen = show(withoutSecrets(valueAt(merged, path) ?? node?.default));
  if (seen === '""' && issue.code === "too_small") return problem(origin, path, `${name} must not be empty`);
  if (issue.code === "custom") return problem(origin, path, `${name} is ${seen} and ${issue.message}`);
  return problem(origin, path, `${name} is ${seen}; allowed: ${node === undefined ? issue.message : allowedText(node)}`);
}

/** A path as it is written in words: `detect.classes[1]`. */
function keyText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}${text && "."}${part}`), "");
}

/** The strongest layer that said something about this key or a part of it. */
function originOf(path: readonly (string | number)[], entries: readonly Entry[]): Origin {
  const about = (length: number): Entry | undefined => entries.findLast((entry) => entry.path.length === length && entry.path.every((key, i) => key === path[i]));
  for (let length = path.length; length > 0; length--) {
    const entry = about(length);
    if (entry !== undefined) return entry.origin;
  }
  // A rule over several keys, of which this one was not written: the last thing written in its group broke it.
  const inGroup = entries.findLast((entry) => entry.path[0] === path[0]);
  return inGroup?.origin ?? { kind: "preset", at: () => "default" };
}

/** Each text by itself: written as JSON, a quote in a password would look like its end. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return redactAddress(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutSecrets(member)]));
}

function valueAt(tree: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? (value as Tree)[key] : undefined), tree);
}

function settingsError(problems: readonly Problem[]): PipelineError {
  const code = problems.every(({ origin }) => origin.kind === "flag") ? "E_USAGE" : "E_CONFIG";
  return new PipelineError(code, [...problems].sort(byPlace).map(({ where, message }) => `${where}: ${message}`).join("\n"));
}

const PLACES: readonly Origin["kind"][] = ["file", "environment", "flag", "preset"];

/** As they stand in the file, then environment and flags in the order in which they were found. */
function byPlace(a: Problem, b: Problem): number {
  const apart = PLACES.indexOf(a.origin.kind) - PLACES.indexOf(b.origin.kind);
  if (apart !== 0 || a.origin.kind !== "file") return apart;
  return a.where.localeCompare(b.where, "en", { numeric: true });
}
