import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";

/** One source file, parsed. */
export interface SourceFile {
  /** Path from the project's root, with "/" between folders. */
  readonly path: string;
  readonly lineCount: number;
  readonly tree: ts.SourceFile;
}

/** A broken rule, to be shown as it is. */
export type Violation = string;

const CODE_FILE = /\.(ts|mjs|js)$/;

/** Parses source text as TypeScript, or as JavaScript when the name says so. */
export function parseSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return { path, lineCount: text.trimEnd().split("\n").length, tree };
}

/** Reads and parses all code below a folder of the project. */
export function readSources(root: string, folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => CODE_FILE.test(name))
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
}

/** Calls back for a node and everything in it, outermost first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** Where a node begins, as an editor shows it: `src/a.ts:12`. */
export function placeOf({ path, tree }: SourceFile, node: ts.Node): string {
  return `${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}
