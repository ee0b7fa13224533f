import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** The folder with onnxruntime's libraries for this system. Nothing is loaded. */
export function onnxruntimeFolder(): string {
  const bin = join(dirname(fileURLToPath(import.meta.resolve("onnxruntime-node"))), "..", "bin");
  return join(bin, readdirSync(bin).find((name) => name.startsWith("napi-")) ?? "", process.platform, process.arch);
}

/** The clip that the demo plays. */
export const STREET_CLIP = "samples/street.mp4";
