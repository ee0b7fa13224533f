import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Seen from the compiled `dist/src/cli`. */
const ROOT = new URL("../../../", import.meta.url);

/** The path of a file that is part of the package. */
export function packaged(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

/** The program's version. */
export function version(): string {
  return (JSON.parse(readFileSync(packaged("package.json"), "utf8")) as { version: string }).version;
}

/** The clip that the demo plays. */
export const STREET_CLIP = "samples/street.mp4";
