import { z } from "../core/schema.js";
import { settingsSchema } from "./schema.js";

/** The part of JSON Schema that our settings use. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: SchemaNode;
  /** Of a list with a fixed number of members: each of them. */
  readonly prefixItems?: readonly SchemaNode[];
  readonly minItems?: number;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** Of a map whose keys are names that the person chooses: what stands under each. */
  readonly additionalProperties?: SchemaNode | false;
  readonly propertyNames?: { readonly pattern?: string };
}

/** One setting, or a group of them. */
export interface Setting {
  /** `inference.workers` is `["inference", "workers"]`; where the person chooses the key, it is ANY_NAME. */
  readonly path: readonly string[];
  readonly node: SchemaNode;
  readonly isGroup: boolean;
  readonly isNullable: boolean;
}

/** In the path of a setting: whatever name the person has chosen. */
export const ANY_NAME = "*";

/** Whether a setting stands under a name that the person chooses. */
export function isUnderName({ path }: Setting): boolean {
  return path.includes(ANY_NAME);
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
  const members = alternatives.map(membersOf).find((found) => found !== undefined);
  const isNullable = alternatives.some(({ type }) => type === "null");
  const own = { path, node, isGroup: members !== undefined, isNullable };
  return [own, ...Object.entries(members ?? {}).flatMap(([key, member]) => settingsOf([...path, key], member))];
}

function membersOf({ properties, additionalProperties }: SchemaNode): Readonly<Record<string, SchemaNode>> | undefined {
  return additionalProperties ? { [ANY_NAME]: additionalProperties } : properties;
}

/** The setting or group at exactly this path. */
export function findSetting(path: readonly (string | number)[]): Setting | undefined {
  return listSettings().find((setting) => setting.path.length === path.length && setting.path.every((key, i) => key === path[i] || key === ANY_NAME));
}

/** The member of a group that a word stands for which is written in the group's place; undefined where none may be. */
export function wordMember({ node }: Setting): string | undefined {
  const alternatives = alternativesOf(node);
  const members = alternatives.map(membersOf).find((found) => found !== undefined);
  return alternatives.some((one) => one.const !== undefined) ? Object.keys(members ?? {})[0] : undefined;
}

/** The name of its environment variable: `inference.frameTimeoutMs` is `SIGHTLINE_INFERENCE_FRAME_TIMEOUT_MS`. */
export function environmentName(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/MiB|[A-Z]/g, (begin) => `_${begin}`).toUpperCase());
  return ["SIGHTLINE", ...words].join("_");
}

/** In words, what a setting may be: `auto, or a whole number from 1 to 64`. */
export function allowedText(node: SchemaNode): string {
  return alternativesOf(node).map(oneAllowed).join(" or ");
}

/** What a value may be: one way, or several; those of a nullable union lie one within the other. */
export function alternativesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf?.flatMap(alternativesOf) ?? [node];
}

function oneAllowed(node: SchemaNode): string {
  if (node.const !== undefined) return node.const;
  if (node.additionalProperties) return `names of 1 to 64 letters, digits, ".", "_" and "-", each with ${allowedText(node.additionalProperties)}`;
  if (node.properties !== undefined) return `a group of ${Object.keys(node.properties).join(", ")}`;
  switch (node.type) {
    case "null":
      return "null";
    case "boolean":
      return "true or false";
    case "string":
      return "text";
    case "array":
      return node.prefixItems ? `a list of ${node.prefixItems.length}, each ${allowedText(node.prefixItems[0] ?? {})}` : `a list of ${node.minItems ? `at least ${node.minItems}, each ` : ""}${allowedText(node.items ?? {})}`;
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
