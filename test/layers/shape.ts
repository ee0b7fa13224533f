import ts from "typescript";
import { placeOf, walk, type SourceFile, type Violation } from "./source-tree.js";

/** How large code may be. */
export interface SizeBudget {
  readonly fileLines: number;
  readonly functionLines: number;
  /** Files that are tables or generated, each with the reason. */
  readonly exempt: Readonly<Record<string, string>>;
}

/**
 * Files and functions over the budget. Tests are functions too, but a `describe` is a table of contents: of the test
 * files only functions with a name are measured.
 */
export function sizeViolations(
  files: readonly SourceFile[],
  { fileLines, functionLines, exempt }: SizeBudget,
): Violation[] {
  return files
    .filter(({ path }) => !(path in exempt))
    .flatMap((file) => {
      const violations: Violation[] = [];
      if (file.lineCount > fileLines)
        violations.push(`${file.path}: ${file.lineCount} lines, the budget is ${fileLines}`);
      walk(file.tree, (node) => {
        if (!ts.isFunctionLike(node) || (file.path.startsWith("test/") && isTestCallback(node))) return;
        const lines = linesOf(file, node);
        if (lines > functionLines)
          violations.push(`${placeOf(file, node)}: a function of ${lines} lines, the budget is ${functionLines}`);
      });
      return violations;
    });
}

function linesOf({ tree }: SourceFile, node: ts.Node): number {
  const line = (position: number) => tree.getLineAndCharacterOfPosition(position).line;
  return line(node.getEnd()) - line(node.getStart(tree)) + 1;
}

function startLine({ tree }: SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
}

function isTestCallback(node: ts.Node): boolean {
  return (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && ts.isCallExpression(node.parent);
}

/** Classes that neither own a lifetime (`[Symbol.dispose]`, `[Symbol.asyncDispose]`) nor are errors. */
export function classViolations(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const violations: Violation[] = [];
    walk(file.tree, (node) => {
      if (!ts.isClassLike(node) || isErrorClass(node) || node.members.some((member) => isDisposer(member, file)))
        return;
      violations.push(
        `${placeOf(file, node)}: class ${node.name?.text ?? ""} owns no lifetime and is no error: write functions`,
      );
    });
    return violations;
  });
}

function isErrorClass({ heritageClauses }: ts.ClassLikeDeclaration): boolean {
  const parents = (heritageClauses ?? [])
    .filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
    .flatMap(({ types }) => types);
  return parents.some(({ expression }) => /Error$/.test(expression.getText()));
}

function isDisposer(member: ts.ClassElement, { tree }: SourceFile): boolean {
  return member.name !== undefined && /^\[Symbol\.(dispose|asyncDispose)\]$/.test(member.name.getText(tree));
}

/**
 * Exported things without a docstring. One docstring also covers what stands right below without an empty line. Re-
 * exports
 * are told of where they are declared.
 */
export function docstringViolations(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    let coveredLine = -1;
    return file.tree.statements.flatMap((statement) => {
      const covered = ts.getJSDocCommentsAndTags(statement).length > 0 || startLine(file, statement) === coveredLine;
      if (covered) coveredLine = startLine(file, statement) + linesOf(file, statement);
      const bare = isDeclaration(statement) && isExported(statement) && !covered;
      return bare ? [`${placeOf(file, statement)}: exported without a docstring`] : [];
    });
  });
}

function isDeclaration(node: ts.Statement): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isVariableStatement(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node)
  );
}

function isExported(node: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}
