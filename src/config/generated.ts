import { ERROR_TABLE } from "../core/errors.js";
import { allowedText, ANY_NAME, environmentName, isUnderName, listSettings, settingsJsonSchema, type SchemaNode, type Setting } from "./settings-table.js";

/** How to make the files below anew. */
export const GENERATE_COMMAND = "node dist/src/config/generate.js";
/** Where they lie, from the project's root. */
export const SCHEMA_PATH = "config/schema.json";
export const DEFAULTS_PATH = "config/default.yaml";
/** Tables between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
export const README_PATH = "README.md";

/** JSON Schema of a settings file, for editors and other programs. */
export function schemaText(): string {
  const { $schema, ...rest } = settingsJsonSchema() as { $schema?: string };
  const schema = { $schema, title: "sightline settings", description: "A settings file, as given with --config. Generated from src/config/schema.ts.", ...rest };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A settings file in which everything has its default, with what each setting does. */
export function defaultsText(): string {
  const head = [
    "# All settings of sightline with their defaults. A copy of this file, shortened to what differs, is a settings file:",
    "#   sightline run SOURCE --config FILE",
    "# Stronger than the file are environment variables (inference.workers is SIGHTLINE_INFERENCE_WORKERS; lists are separated by",
    "# commas; empty means null), and stronger than those the flags of the command line. Paths are relative to the folder",
    "# in which the command runs.",
  ];
  return `${[...head, ...shownSettings().flatMap(yamlLines)].join("\n")}\n`;
}

/** What stands under a name is shown one step deep: what lies deeper repeats a group that is shown itself. */
function shownSettings(): readonly Setting[] {
  return listSettings().filter(({ path }) => !path.includes(ANY_NAME) || path.length <= path.indexOf(ANY_NAME) + 2);
}

/** The members of a group that is null by default can only be shown as a comment. */
function yamlLines(setting: Setting): string[] {
  const { path, node, isGroup } = setting;
  if (isUnderName(setting)) return exampleLines(setting);
  const key = path.at(-1) ?? "";
  const indent = path.slice(0, -1).map((_, depth) => (isOff(path.slice(0, depth + 1)) ? "#   " : "  ")).join("");
  const allowed = isGroup ? "" : ` Allowed: ${allowedText(node)}.`;
  const body = isGroup ? groupHead(key, node) : [`${key}: ${yamlValue(node.default === undefined ? node.examples?.[0] : node.default)}`];
  const lines = [`# ${node.description ?? ""}${allowed}`, ...body].map((line) => `${indent}${line}`);
  return path.length === 1 ? ["", ...lines] : lines;
}

/** Whether a group is null by default. */
function isOff(path: readonly string[]): boolean {
  return listSettings().some((group) => group.isGroup && group.path.join() === path.join() && group.node.default === null);
}

function groupHead(key: string, node: SchemaNode): string[] {
  if (node.default === null) return [`${key}: null`, `# ${key}:`];
  return node.additionalProperties ? [`${key}: {}`, `# ${key}:`] : [`${key}:`];
}

/** An example, since nothing is there by default. */
function exampleLines({ path, node }: Setting): string[] {
  const indent = `# ${"  ".repeat(path.length - 1)}`;
  if (path.at(-1) === ANY_NAME) return [`${indent}NAME:`];
  const value = node.default ?? node.examples?.[0];
  return [`${indent}# ${node.description ?? ""} Allowed: ${allowedText(node)}.`, `${indent}${path.at(-1)}: ${yamlValue(value)}`];
}

const PLAIN_WORD = /^[a-z][a-z0-9]*$/;
const YAML_WORDS: ReadonlySet<string> = new Set(["true", "false", "null", "yes", "no", "on", "off"]);

function yamlValue(value: unknown): string {
  return typeof value === "string" && PLAIN_WORD.test(value) && !YAML_WORDS.has(value) ? value : JSON.stringify(value);
}

/** The settings as a Markdown table. */
export function settingsTable(): string {
  const rows = shownSettings()
    .filter((setting) => !setting.isGroup || (isUnderName(setting) && setting.path.at(-1) !== ANY_NAME))
    .map((setting) => [nameOf(setting), defaultOf(setting), allowedText(setting.node), setting.node.description ?? "", isUnderName(setting) ? "" : `\`${environmentName(setting.path)}\``]);
  return markdownTable(["Setting", "Default", "Allowed", "What it does", "Environment"], rows);
}

const nameOf = ({ path }: Setting): string => `\`${path.map((key) => (key === ANY_NAME ? "NAME" : key)).join(".")}\``;
const defaultOf = ({ node }: Setting): string => (node.default === undefined ? "" : `\`${JSON.stringify(node.default)}\``);

/** All errors and their exit status as a Markdown table. */
export function errorsTable(): string {
  const rows = Object.entries(ERROR_TABLE).map(([code, { exit, what, next }]) => [`\`${code}\``, String(exit), what, next]);
  return markdownTable(["Code", "Exit status", "What happened", "What to do"], rows);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Puts both tables between their markers; a text without markers stays as it is. */
export function withTables(readme: string): string {
  return between(between(readme, "settings", settingsTable()), "errors", errorsTable());
}

function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) return text;
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
