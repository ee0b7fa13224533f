import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

/** What a file holds, in a few letters for a name. */
export const digestOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);

/** Makes something of a file once; the name holds what the file is. `make` writes to the path that it is given. */
export function madeOf(file: string, folder: string, name: string, make: (path: string) => void): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${digestOf(file)}-${name}`);
  if (!existsSync(path)) {
    const fresh = join(folder, `new-${name}`);
    make(fresh);
    renameSync(fresh, path);
  }
  return path;
}
