import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULTS_PATH, defaultsText, README_PATH, SCHEMA_PATH, schemaText, withTables } from "./generated.js";

// Run as `node dist/src/config/generate.js` after the schema or the table of errors has changed.
const root = fileURLToPath(new URL("../../../", import.meta.url));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  process.stdout.write(`${path}\n`);
}

write(SCHEMA_PATH, schemaText());
write(DEFAULTS_PATH, defaultsText());
if (existsSync(join(root, README_PATH))) write(README_PATH, withTables(readFileSync(join(root, README_PATH), "utf8")));
