import { posix } from "node:path";
import ts from "typescript";
import { walk, type SourceFile, type Violation } from "./source-tree.js";

/** The rules that a project's imports have to keep. */
export interface ImportRules {
  /** Room (folder or single file under src) to layer; imports go to lower layers only. */
  readonly layers: Readonly<Record<string, number>>;
  /** Rooms that are imported by file; all others by their door `index.ts`. */
  readonly openRooms: readonly string[];
  /** Package to the files under src that may import it; a folder ends with "/". */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /**
   * Files and folders without a clock, input, output or Node: they import neither node:* nor packages, except those
   * named.
   */
  readonly pure: readonly string[];
  readonly pureMayImport: readonly string[];
  /** Runs before anything is installed: imports node:* and itself, and nothing imports it. */
  readonly standalone: string;
}

/** One import of any form: static, type-only, re-export, dynamic with a literal, `import("x").T`, `require`. */
interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file under src that it names; undefined for packages and Node's modules. */
  readonly target: string | undefined;
  /** Nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

/** Checks doors, direction, cycles, addresses and purity. Returns one line for each broken rule. */
export function importViolations(files: readonly SourceFile[], rules: ImportRules): Violation[] {
  const imports = files.flatMap(importsOf);
  return [
    ...files.flatMap(({ path }) => unknownRoom(path, rules)),
    ...imports.flatMap((one) =>
      one.target === undefined ? packageViolations(one, rules) : roomViolations({ ...one, target: one.target }, rules),
    ),
    ...cycleViolations(imports),
  ];
}

/** The room of a file under src: `src/ring/layout.ts` is in `ring`, `src/cli.ts` and `src/cli/program.ts` in `cli`. */
export function roomOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.[a-z]+$/, "");
}

function unknownRoom(path: string, { layers, standalone }: ImportRules): Violation[] {
  const room = roomOf(path);
  return room in layers || room === standalone
    ? []
    : [`${path}: the room "${room}" is not in the table of rooms; give it a layer`];
}

function roomViolations({ from, target, specifier }: Import & { target: string }, rules: ImportRules): Violation[] {
  const [here, there] = [roomOf(from), roomOf(target)];
  if (here === there) return [];
  if (here === rules.standalone)
    return [`${from}: imports "${specifier}", but ${here} runs before anything of ours is built`];
  if (there === rules.standalone) return [`${from}: imports "${specifier}", but ${there} is no part of the product`];
  const violations: Violation[] = [];
  const [hereLayer, thereLayer] = [rules.layers[here], rules.layers[there]];
  if (hereLayer !== undefined && thereLayer !== undefined && thereLayer >= hereLayer) {
    const which = thereLayer === hereLayer ? "a room of its own layer" : "a higher layer";
    violations.push(`${from}: ${here} (layer ${hereLayer}) imports ${which}: ${there} (${thereLayer})`);
  }
  const isDoor = target === `src/${there}/index.ts` || target === `src/${there}.ts`;
  if (!isDoor && !rules.openRooms.includes(there))
    violations.push(`${from}: imports "${specifier}" past the door src/${there}/index.ts`);
  return violations;
}

function packageViolations({ from, specifier }: Import, rules: ImportRules): Violation[] {
  const violations: Violation[] = [];
  const name = packageName(specifier);
  const isNode = specifier.startsWith("node:");
  if (isIn(from, rules.pure) && !rules.pureMayImport.includes(name))
    violations.push(`${from}: is pure and imports "${specifier}"`);
  if (isNode) return violations;
  const addresses = rules.addresses[name];
  if (roomOf(from) === rules.standalone)
    violations.push(`${from}: imports "${specifier}" before anything is installed`);
  else if (addresses === undefined)
    violations.push(`${from}: the package "${name}" has no address; name the one file that imports it`);
  else if (!isIn(from, addresses))
    violations.push(`${from}: imports "${name}", whose address is ${addresses.join(", ")}`);
  return violations;
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}

/** `@scope/name/deep` is of `@scope/name`, `name/deep` of `name`. */
function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function importsOf({ path, tree }: SourceFile): Import[] {
  const imports: Import[] = [];
  walk(tree, (node) => {
    const literal = specifierOf(node);
    if (literal === undefined || !ts.isStringLiteralLike(literal)) return;
    const specifier = literal.text;
    imports.push({ from: path, specifier, target: targetOf(path, specifier), typeOnly: isTypeOnly(node) });
  });
  return imports;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  if (!ts.isCallExpression(node)) return undefined;
  const isImport =
    node.expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(node.expression) && node.expression.text === "require");
  return isImport ? node.arguments[0] : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return node.importClause?.isTypeOnly === true;
  return ts.isImportTypeNode(node) || (ts.isExportDeclaration(node) && node.isTypeOnly);
}

function targetOf(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}

/**
 * Files that import each other in a ring; each ring is told once. A room's door may declare the seam and export those
 * who
 * fulfil it: types that a file takes from its own door make no ring.
 */
function cycleViolations(imports: readonly Import[]): Violation[] {
  const next = new Map<string, string[]>();
  for (const { from, target, typeOnly } of imports) {
    const ownDoor = typeOnly && target === `src/${roomOf(from)}/index.ts`;
    if (target !== undefined && !ownDoor) next.set(from, [...(next.get(from) ?? []), target]);
  }
  const violations: Violation[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) violations.push(`import cycle: ${[...trail.slice(start), file].join(" -> ")}`);
    if (start !== -1 || done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return violations;
}
