import { isDeepStrictEqual } from "node:util";
import { isMap, isPair, isScalar, LineCounter, parseDocument, YAMLMap, type Document, type Node } from "yaml";
import { messageOf, PipelineError } from "../core/errors.js";

/** A settings file as it was written. */
export interface SettingsFile {
  /** Plain data. */
  readonly tree: unknown;
  /** Line and column, both from 1, of the key or element at a path; of the nearest parent that exists. */
  locate(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
}

/**
 * Parses a settings file. `name` is for messages.
 * @throws PipelineError E_CONFIG_FILE with line and column
 */
export function parseSettingsFile(text: string, name: string): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [first] = document.errors;
  if (first !== undefined) {
    // Those after the first are mostly its echo.
    const { line, col } = lines.linePos(first.pos[0]);
    throw new PipelineError("E_CONFIG_FILE", `${name}:${line}:${col} ${first.message}`);
  }
  return {
    tree: plain(document, name),
    locate(path) {
      const { line, col: column } = lines.linePos(offsetOf(document, path));
      return { line, column };
    },
  };
}

/** Aliases that unfold into too much are refused here. */
function plain(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new PipelineError("E_CONFIG_FILE", `${name}:1:1 ${messageOf(cause)}`, { cause });
  }
}

function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const offset = startOf(document, path.slice(0, length));
    if (offset !== undefined) return offset;
  }
  return 0;
}

/** Where a key stands, or an element of a list. */
function startOf(document: Document, path: readonly (string | number)[]): number | undefined {
  const last = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (typeof last === "string" && isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === last);
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true);
  return isScalar(node) ? node.range?.[0] : undefined;
}

/** A stream as it stands in a settings file; without `source` that stays as it is there. */
export type WrittenStream = Readonly<Record<string, unknown>>;

/**
 * The text of a settings file with one stream set, or taken out (null). All else keeps its place and its comments.
 * `name` is for messages.
 * @throws PipelineError E_CONFIG_FILE when the text is no YAML; E_PERSIST when it is written in a way that can't be changed so
 */
export function withStream(text: string, name: string, stream: string, written: WrittenStream | null): string {
  const before = parseSettingsFile(text, name).tree;
  const document = parseDocument(text);
  let after: string;
  try {
    put(document, stream, written);
    after = document.toString({ lineWidth: 0 });
  } catch (cause) {
    throw new PipelineError("E_PERSIST", `${name}: streams.${stream} can't be changed in it: ${messageOf(cause)}`, { cause });
  }
  // Anchors and merges reach further than they look: what comes out has to be what was asked for and nothing else.
  const expected = expectedTree(before, stream, written);
  const isExpected = (result: string): boolean => isDeepStrictEqual(parseSettingsFile(result, name).tree, expected);
  if (!isExpected(after)) throw new PipelineError("E_PERSIST", `${name} is written in a way that streams.${stream} can't be changed alone; change it by hand`);
  const asWritten = carriedOver(text, after);
  return parseDocument(asWritten).errors.length === 0 && isExpected(asWritten) ? asWritten : after;
}

/** A part of a text to be put in another's place; `from` = `to` inserts. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

type Entry = { readonly key: string; readonly from: number; readonly to: number; readonly end: number; readonly value: unknown };

/** The library writes a whole file in its own way: only what differs is taken over from there. All else stays letter by letter, spaces too. */
function carriedOver(before: string, after: string): string {
  const [old, fresh] = [parseDocument(before), parseDocument(after)];
  if (!isMap(old.contents) || !isMap(fresh.contents)) return after;
  const edits = editsOf({ text: before, document: old, map: old.contents }, { text: after, document: fresh, map: fresh.contents });
  return edits.sort((a, b) => b.from - a.from).reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), before);
}

interface Written {
  readonly text: string;
  readonly document: Document;
  readonly map: YAMLMap;
}

function editsOf(old: Written, fresh: Written): Edit[] {
  const [entries, wanted] = [entriesOf(old.map), entriesOf(fresh.map)];
  const column = columnOf(old.text, entries[0]?.from ?? 0);
  const shift = column - columnOf(fresh.text, wanted[0]?.from ?? 0);
  const render = ({ from, to }: Entry): string => fresh.text.slice(from, to).trimEnd().replace(/\n(?=[^\n])/g, `\n${" ".repeat(Math.max(0, shift))}`);
  const edits = entries.filter(({ key }) => !wanted.some((one) => one.key === key)).map(({ from, end }) => ({ from: from - column, to: end, text: "" }));
  for (const entry of wanted) {
    const known = entries.find(({ key }) => key === entry.key);
    if (!known) {
      const at = entries.at(-1)?.end ?? 0;
      edits.push({ from: at, to: at, text: `${old.text[at - 1] === "\n" ? "" : "\n"}${" ".repeat(column)}${render(entry)}\n` });
    } else if (!isDeepStrictEqual(valueOf(known, old), valueOf(entry, fresh))) {
      if (isBlock(known.value) && isBlock(entry.value)) edits.push(...editsOf({ ...old, map: known.value }, { ...fresh, map: entry.value }));
      else edits.push({ from: known.from, to: known.to, text: render(entry) + (old.text[known.to - 1] === "\n" ? "\n" : "") });
    }
  }
  return edits;
}

/** What stands in a map, with its places: where the key begins, the value ends, and its line with a remark. */
function entriesOf({ items }: YAMLMap): Entry[] {
  return items.map(({ key, value }) => {
    const [from = 0, keyEnd = 0] = (key as Node).range ?? [];
    const [, to = keyEnd, end = to] = (value as Node | null)?.range ?? [];
    return { key: keyOf(key), from, to, end, value };
  });
}

const isBlock = (node: unknown): node is YAMLMap => isMap(node) && node.flow !== true && node.items.length > 0;
const valueOf = ({ value }: Entry, { document }: Written): unknown => (value as Node | null)?.toJS(document) ?? null;
const columnOf = (text: string, offset: number): number => offset - (text.lastIndexOf("\n", offset - 1) + 1);

function put(document: Document, stream: string, written: WrittenStream | null): void {
  if (!isMap(document.get("streams", true))) {
    if (written === null) return;
    document.set("streams", new YAMLMap());
  }
  const streams = document.get("streams", true) as YAMLMap;
  const key = streams.items.find((pair) => keyOf(pair.key) === stream)?.key ?? stream;
  if (written === null) {
    streams.delete(key);
    return;
  }
  const old = streams.get(key, true);
  if (!isMap(old)) return void streams.set(key, document.createNode(written));
  for (const { key: member } of [...old.items]) if (keyOf(member) !== "source" && !(keyOf(member) in written)) old.delete(member);
  const now = (old.toJS(document) ?? {}) as Record<string, unknown>;
  for (const [member, value] of Object.entries(written)) {
    // Set as it is, a plain value keeps the remark that stands behind it.
    if (!isDeepStrictEqual(now[member], value)) old.set(member, typeof value === "object" ? document.createNode(value) : value);
  }
}

const keyOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

function expectedTree(before: unknown, stream: string, written: WrittenStream | null): unknown {
  const tree = (before ?? {}) as Record<string, unknown>;
  const { [stream]: old, ...others } = (tree["streams"] ?? {}) as Record<string, Record<string, unknown> | undefined>;
  if (written === null) return "streams" in tree && tree["streams"] !== null ? { ...tree, streams: others } : before;
  const source = old && "source" in old && !("source" in written) ? { source: old["source"] } : {};
  return { ...tree, streams: { ...others, [stream]: { ...source, ...written } } };
}
