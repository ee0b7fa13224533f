/** A value as Python's `repr` writes it. */
export type PythonValue = null | boolean | number | string | PythonValue[] | Map<PythonValue, PythonValue>;

/** Deepest nesting that is read. Metadata needs 2. */
const DEPTH_LIMIT = 16;

const WORDS: Readonly<Record<string, null | boolean>> = { None: null, True: true, False: false };
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "0": "\0",
};

const SPACE = /\s*/y;
const WORD = /None|True|False/y;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
/** A quoted text, in a form that can match in one way only and so never searches. */
const TEXT = /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g;

/**
 * Reads a Python literal: numbers, texts, True, False, None, lists, tuples (as lists), dicts. Nothing is evaluated.
 * @returns the value, or undefined when the text is anything else
 */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const reader = { text, at: 0 };
  const value = readValue(reader, 0);
  take(reader, SPACE);
  return reader.at === text.length ? value : undefined;
}

interface Reader {
  readonly text: string;
  at: number;
}

/** Takes what the sticky pattern matches here. */
function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}

/** Takes one character if it comes next after spaces. */
function takeMark(reader: Reader, mark: string): boolean {
  take(reader, SPACE);
  if (reader.text[reader.at] !== mark) return false;
  reader.at += 1;
  return true;
}

function readValue(reader: Reader, depth: number): PythonValue | undefined {
  if (depth > DEPTH_LIMIT) return undefined;
  if (takeMark(reader, "{")) return readDict(reader, depth);
  if (takeMark(reader, "[")) return readList(reader, "]", depth);
  if (takeMark(reader, "(")) return readList(reader, ")", depth);
  const word = take(reader, WORD);
  if (word !== undefined) return WORDS[word];
  const number = take(reader, NUMBER);
  if (number !== undefined) return Number(number);
  const quoted = take(reader, TEXT);
  return quoted === undefined ? undefined : unescape(quoted.slice(1, -1));
}

function readList(reader: Reader, close: string, depth: number): PythonValue[] | undefined {
  const items: PythonValue[] = [];
  while (!takeMark(reader, close)) {
    if (items.length > 0 && !takeMark(reader, ",")) return undefined;
    if (items.length > 0 && takeMark(reader, close)) break;
    const item = readValue(reader, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function readDict(reader: Reader, depth: number): Map<PythonValue, PythonValue> | undefined {
  const entries = new Map<PythonValue, PythonValue>();
  while (!takeMark(reader, "}")) {
    if (entries.size > 0 && !takeMark(reader, ",")) return undefined;
    if (entries.size > 0 && takeMark(reader, "}")) break;
    const key = readValue(reader, depth + 1);
    if (key === undefined || !takeMark(reader, ":")) return undefined;
    const value = readValue(reader, depth + 1);
    if (value === undefined) return undefined;
    entries.set(key, value);
  }
  return entries;
}

function unescape(text: string): string {
  return text.replace(ESCAPE, (whole: string, x?: string, u?: string, long?: string, one?: string) => {
    const hex = x ?? u ?? long;
    if (hex === undefined) return ESCAPES[one ?? ""] ?? whole;
    const code = Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
