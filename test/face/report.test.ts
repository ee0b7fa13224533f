import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { project } from "../support/paths.js";
import { apiReports } from "./report.js";

/** What the door leads to without its name being there for anyone: schemas, and what only the command brings along. */
const UNNAMED = /"(\w+Schema|OUTCOMES|FAMILIES|WriteTarget|GatewayOptions|ApiSupport)" needs to be exported/;

for (const [name, { text, complaints }] of apiReports()) {
  describe(`the public face of ${name}`, () => {
    const file = project("config", "api", `${name}.api.md`);

    test("is the one that was agreed on", () => {
      if (process.env["UPDATE_GENERATED"] === "1") writeFileSync(file, text);
      assert.equal(existsSync(file) ? readFileSync(file, "utf8") : "", text, `the public face has changed; if that is meant, write config/api/${name}.api.md anew: UPDATE_GENERATED=1 npm test -- face/`);
    });

    test("has a docstring on each name, and names each type that it needs", () => {
      const undocumented = text.split("\n").flatMap((line, i, lines) => (/^\/\/ @.*\(undocumented\)/.test(line) ? [lines[i + 1]] : []));
      assert.deepEqual(undocumented, []);
      assert.deepEqual(complaints.filter((one) => !one.startsWith("ae-undocumented") && !UNNAMED.test(one)), []);
    });
  });
}
