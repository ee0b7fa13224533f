import { contractSchemas, type JsonSchema } from "./documents.js";
import { VIDEO_LAYOUT } from "./video-layout.js";

/** The manual page of the feed, from the project's root. Tables stand between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
export const MANUAL_PATH = "src/wire/README.md";

/** Puts the generated tables into the page; the rest of it stays as it is. */
export function withWireTables(page: string): string {
  const { requests, messages } = contractSchemas();
  const tables: readonly (readonly [string, string])[] = [
    ["requests", overview(requests)],
    ["messages", overview(messages)],
    ["fields", [requests, messages].flatMap((schemas) => Object.entries(schemas).map(fieldsOf)).join("\n\n")],
    ["video", table(["Byte", "Type", "What"], VIDEO_LAYOUT.map(({ byte, type, what }) => [byte, type, what]))],
  ];
  return tables.reduce((text, [name, content]) => between(text, name, content), page);
}

const typeOf = ({ properties = {} }: JsonSchema): string => `\`${String(properties["type"]?.const)}\``;

const overview = (schemas: Readonly<Record<string, JsonSchema>>): string =>
  table(["`type`", "Name", "What it says"], Object.entries(schemas).map(([name, schema]) => [typeOf(schema), `[${name}](#${name.toLowerCase()})`, schema.description ?? ""]));

function fieldsOf([name, schema]: readonly [string, JsonSchema]): string {
  return `### ${name}\n\n${table(["Field", "Type", "What it is"], rowsOf(schema, ""))}`;
}

/** A row for each field; fields of objects, and of lists of objects, stand below them. */
function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([key, field]) => {
    const optional = required.includes(key) ? "" : "?";
    const inner = field.properties ? field : objectInside(field);
    const row = [`\`${prefix}${key}${optional}\``, typeText(field), [field.description, defaultText(field)].filter(Boolean).join(" ")];
    return [row, ...(inner?.properties ? rowsOf(inner, `${prefix}${key}${inner === field ? "." : "[]."}`) : [])];
  });
}

function objectInside({ items }: JsonSchema): JsonSchema | undefined {
  return items !== undefined && !Array.isArray(items) ? (items as JsonSchema) : undefined;
}

const defaultText = (field: JsonSchema): string => (field.default === undefined ? "" : `Default: \`${JSON.stringify(field.default)}\`.`);
const linkOf = (ref: string): string => `[${ref.split("/").pop()}](#${ref.split("/").pop()?.toLowerCase()})`;

function typeText(field: JsonSchema): string {
  const { $ref, const: only, enum: some, anyOf, oneOf, items, additionalProperties } = field;
  if ($ref) return linkOf($ref);
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (some) return some.map((one) => `\`${JSON.stringify(one)}\``).join(", ");
  const choices = anyOf ?? oneOf;
  if (choices) return choices.map(typeText).join(" or ");
  if (Array.isArray(items)) return `[${(items as readonly JsonSchema[]).map(typeText).join(", ")}]`;
  if (items) return `list of ${typeText(items as JsonSchema)}`;
  if (typeof additionalProperties === "object" && !field.properties) return `object of ${typeText(additionalProperties)}`;
  return `${field.type ?? "anything"}${boundsText(field)}`;
}

/** What JSON Schema says of whole numbers beyond what a number can hold says nothing. */
function boundsText({ minimum, maximum, exclusiveMinimum, minLength, maxLength }: JsonSchema): string {
  const real = (bound: number | undefined): boolean => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const texts = [
    real(minimum) ? `from ${minimum}` : "",
    exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`,
    real(maximum) ? `to ${maximum}` : "",
    maxLength === undefined ? "" : `${minLength ?? 0} to ${maxLength} characters`,
  ];
  return texts.filter(Boolean).map((text) => ` ${text}`).join("");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) return text;
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
