import { nearestKey, nearestVariable } from "./nearest.js";
import { alternativesOf, ANY_NAME, environmentName, findSetting, isUnderName, listSettings, wordMember, type SchemaNode, type Setting } from "./settings-table.js";

/** A value and where somebody wrote it. */
export interface Entry {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly origin: Origin;
}

/** Where a value stands, for the person who has to correct it. */
export interface Origin {
  readonly kind: "file" | "environment" | "flag" | "preset";
  /** `sightline.yaml:4:12`, `SIGHTLINE_INFERENCE_WORKERS`, `--workers`. For an element of a list: of that element where it is known. */
  at(path: readonly (string | number)[]): string;
}

/** Something wrong, and where. */
export interface Problem {
  readonly origin: Origin;
  readonly where: string;
  readonly message: string;
}

/** What one layer says. */
export interface Layer {
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
}

/** A flag as it was typed: `key` is the setting's path joined by dots. */
export interface FlagValue {
  readonly flag: string;
  readonly key: string;
  /** A text gets the setting's type; anything else is taken as it is. */
  readonly value: string | boolean | readonly string[];
}

/** Variables that are ours and no settings: the settings file's path, where weights and runtimes lie and which there are, and what the test runner reads. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  "SIGHTLINE_CONFIG", "SIGHTLINE_MODELS_FOLDER", "SIGHTLINE_MODELS_REGISTRY", "SIGHTLINE_NO_SKIP", "SIGHTLINE_OPENVINO",
  "SIGHTLINE_RUNTIMES_FOLDER", "SIGHTLINE_RUNTIMES_REGISTRY",
  // Of commands for who works here.
  "SIGHTLINE_PEERS", "SIGHTLINE_PEERS_PYTHON", "SIGHTLINE_REFERENCES", "SIGHTLINE_PICTURES", "SIGHTLINE_SOAK_MINUTES",
]);
/** Kubernetes gives every pod these for a service that is called sightline. */
const FOREIGN_VARIABLE = /^SIGHTLINE_(SERVICE_|PORT(_|$))/;

/** Reads a settings file's tree. Unknown keys are problems, and are not looked into. */
export function fileLayer(tree: unknown, origin: Origin): Layer {
  if (tree === null || tree === undefined) return { entries: [], problems: [] };
  if (!isMap(tree)) return { entries: [], problems: [problem(origin, [], `the file holds ${show(tree)}, expected groups of settings`)] };
  return join(Object.entries(tree).map(([key, value]) => fromTree([key], value, origin)));
}

function fromTree(path: readonly string[], value: unknown, origin: Origin): Layer {
  const setting = findSetting(path);
  if (setting === undefined) {
    return { entries: [], problems: [problem(origin, path, `${path.join(".")} is not a setting; did you mean ${nearestKey(path)}?`)] };
  }
  const short = typeof value === "string" && setting.isGroup ? wordMember(setting) : undefined;
  if (short !== undefined) return fromTree(path, { [short]: value }, origin);
  if (!setting.isGroup || !isMap(value)) {
    // A group whose members are all commented out. A name with nothing under it lacks what has no default.
    const isEmpty = setting.isGroup && !setting.isNullable && value === null;
    if (isEmpty && setting.path.at(-1) === ANY_NAME) return { entries: [{ path, value: {}, origin }], problems: [] };
    return { entries: isEmpty ? [] : [{ path, value, origin }], problems: [] };
  }
  const isName = new RegExp(setting.node.propertyNames?.pattern ?? "");
  const members = Object.entries(value).map(([key, member]): Layer => {
    if (isName.test(key)) return fromTree([...path, key], member, origin);
    return { entries: [], problems: [problem(origin, [...path, key], `${show(key)} is no name; allowed: 1 to 64 letters, digits, ".", "_" and "-"`)] };
  });
  return join([{ entries: [{ path, value: {}, origin }], problems: [] }, ...members]);
}

/** Reads the variables `SIGHTLINE_*`. */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>): Layer {
  const known = new Map(listSettings().filter((setting) => !setting.isGroup && !isUnderName(setting)).map((setting) => [environmentName(setting.path), setting]));
  const layers = Object.entries(environment).map(([name, text = ""]): Layer => {
    if (!name.startsWith("SIGHTLINE_") || OTHER_VARIABLES.has(name) || FOREIGN_VARIABLE.test(name)) return join([]);
    const origin: Origin = { kind: "environment", at: () => name };
    const setting = known.get(name);
    if (setting !== undefined) return { entries: entryOf(setting, text, origin), problems: [] };
    return { entries: [], problems: [problem(origin, [], `no such setting; did you mean ${nearestVariable(name)}?`)] };
  });
  return join(layers);
}

/** Reads flags. A key that is no setting is a mistake in our own table of flags. */
export function flagLayer(flags: readonly FlagValue[]): Layer {
  const layers = flags.map(({ flag, key, value }): Layer => {
    const path = key.split(".");
    const origin: Origin = { kind: "flag", at: () => flag };
    const setting = findSetting(path);
    if (setting === undefined) throw new Error(`${flag} sets ${key}, which is not a setting`);
    if (typeof value !== "string") return { entries: [{ path, value, origin }], problems: [] };
    return { entries: entryOf(setting, value, origin), problems: [] };
  });
  return join(layers);
}

/** Nothing written means null where that is allowed, and nothing at all elsewhere. */
function entryOf(setting: Setting, text: string, origin: Origin): Entry[] {
  const { path, node, isNullable } = setting;
  if (text === "" && origin.kind === "environment") return isNullable ? [{ path, value: null, origin }] : [];
  return [{ path, value: fromText(node, text), origin }];
}

/** Gives a text the type that the setting asks for; what does not look like it stays text and is refused later. */
function fromText(node: SchemaNode, text: string): unknown {
  const alternatives = alternativesOf(node);
  const takes = (type: string): boolean => alternatives.some((one) => one.type === type);
  const list = alternatives.find(({ type }) => type === "array");
  const items = list?.prefixItems?.[0] ?? list?.items;
  // Where one number is allowed too, a single one is no list of one.
  const isNumber = (takes("integer") || takes("number")) && !text.includes(",");
  if (items !== undefined && !isNumber) return text.replace(/^\[(.*)\]$/, "$1").split(",").map((part) => fromText(items, part.trim()));
  if ((takes("integer") || takes("number")) && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (takes("boolean") && /^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return text;
}

/** A value as it appears in a message. */
export function show(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? typeof value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
const LONGEST_SHOWN = 60;

/** A problem at a path. */
export function problem(origin: Origin, path: readonly (string | number)[], message: string): Problem {
  return { origin, where: origin.at(path), message };
}

/** Whether it is a plain map of keys. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(layers: readonly Layer[]): Layer {
  return { entries: layers.flatMap(({ entries }) => entries), problems: layers.flatMap(({ problems }) => problems) };
}
