import { z } from "../core/schema.js";
import { settingsSchema } from "./schema.js";

/** The part of JSON Schema that our settings use. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** One setting, or a group of them. */
export interface Setting {
  /** `pool.workers` is `["pool", "workers"]`. */
  readonly path: readonly string[];
  readonly node: SchemaNode;
  readonly isGroup: boolean;
  readonly isNullable: boolean;
}

/** The settings as JSON Schema (draft 2020-12), of what a person may write: everything may be left out. */
export function settingsJsonSchema(): SchemaNode {
  return z.toJSONSchema(settingsSchema, { io: "input", target: "draft-2020-12" }) as SchemaNode;
}

/** All groups and settings in the schema's order, each group before its members. */
export function listSettings(): readonly Setting[] {
  return (cached ??= Object.entries(settingsJsonSchema().properties ?? {}).flatMap(([key, node]) => settingsOf([key], node)));
}
let cached: readonly Setting[] | undefined;

function settingsOf(path: readonly string[], node: SchemaNode): Setting[] {
  const alternatives = node.anyOf ?? [node];
  const members = alternatives.find(({ properties }) => properties !== undefined)?.properties;
  const isNullable = alternatives.some(({ type }) => type === "null");
  const own = { path, node, isGroup: members !== undefined, isNullable };
  return [own, ...Object.entries(members ?? {}).flatMap(([key, member]) => settingsOf([...path, key], member))];
}

/** The setting or group at exactly this path. */
export function findSetting(path: readonly (string | number)[]): Setting | undefined {
  const wanted = path.join(".");
  return listSettings().find((setting) => setting.path.join(".") === wanted);
}

/** The name of its environment variable: `pool.frameTimeoutMs` is `SIGHTLINE_POOL_FRAME_TIMEOUT_MS`. */
export function environmentName(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return ["SIGHTLINE", ...words].join("_");
}

/** In words, what a setting may be: `auto, or a whole number from 1 to 64`. */
export function allowedText(node: SchemaNode): string {
  return (node.anyOf ?? [node]).map(oneAllowed).join(" or ");
}

function oneAllowed(node: SchemaNode): string {
  if (node.const !== undefined) return node.const;
  if (node.properties !== undefined) return `a group of ${Object.keys(node.properties).join(", ")}`;
  switch (node.type) {
    case "null":
      return "null";
    case "boolean":
      return "true or false";
    case "string":
      return "text";
    case "array":
      return `a list of ${allowedText(node.items ?? {})}`;
    default:
      return `${node.type === "integer" ? "a whole number" : "a number"}${rangeText(node)}`;
  }
}

/** JavaScript's own limit stands in the schema of every whole number without one; it says nothing. */
function rangeText({ minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}${most === undefined ? "" : ` up to ${most}`}`;
  if (minimum === undefined) return "";
  return most === undefined ? ` from ${minimum}` : ` from ${minimum} to ${most}`;
}
