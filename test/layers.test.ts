import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { importViolations, roomOf, type ImportRules } from "./layers/imports.js";
import { readRoomsTable } from "./layers/rooms-table.js";
import { classViolations, docstringViolations, sizeViolations, type SizeBudget } from "./layers/shape.js";
import { parseSource, readSources } from "./layers/source-tree.js";
import { project, projectRoot } from "./support/paths.js";

/** Layer of each room; imports go to lower layers only. The same table stands, with words, in src/README.md. */
const LAYERS = {
  core: 0,
  accuracy: 1,
  config: 1,
  machine: 1,
  metrics: 1,
  model: 1,
  numbered: 1,
  order: 1,
  picture: 1,
  ring: 1,
  wire: 1,
  client: 2,
  doctor: 2,
  feed: 2,
  pool: 2,
  rx: 2,
  scene: 2,
  sinks: 2,
  source: 2,
  gateway: 3,
  pipeline: 3,
  session: 4,
  bench: 5,
  observe: 5,
  index: 6,
  cli: 7,
};

const RULES: ImportRules = {
  layers: LAYERS,
  openRooms: ["core"],
  standalone: "setup",
  addresses: {
    commander: ["src/cli/program.ts"],
    "fastest-levenshtein": ["src/config/nearest.ts"],
    fastify: ["src/gateway/"],
    "fluent-ffmpeg": ["src/source/ffmpeg-command.ts"],
    "onnxruntime-node": ["src/pool/session.ts"],
    open: ["src/cli/browser.ts"],
    picocolors: ["src/cli/terminal.ts"],
    // The main thread makes the pool, the worker reads what the pool gave it.
    piscina: ["src/pool/threads.ts", "src/pool/worker.ts"],
    rxjs: ["src/rx/", "src/pipeline.ts", "src/observe.ts"],
    sharp: ["src/picture/sharp.ts"],
    tinyglobby: ["src/source/open.ts"],
    ws: ["src/bench/fanout-bare.ts", "src/bench/fanout-clients.ts", "src/client/node.ts", "src/gateway/websocket.ts"],
    yaml: ["src/config/yaml.ts"],
    zod: ["src/core/schema.ts"],
  },
  pure: [
    "src/accuracy/",
    "src/client/address.ts",
    "src/client/client.ts",
    "src/client/inbox.ts",
    "src/client/index.ts",
    "src/client/link.ts",
    "src/client/positions.ts",
    "src/client/types.ts",
    "src/config/schema.ts",
    "src/gateway/page/",
    "src/metrics/",
    "src/model/",
    "src/order/",
    "src/wire/",
  ],
  // Its histogram is arithmetic; reading the time is refused by lint.
  pureMayImport: ["node:perf_hooks"],
};

const BUDGET: SizeBudget = {
  fileLines: 300,
  functionLines: 60,
  exempt: { "test/accuracy/fixture.ts": "made by make_fixture.py" },
};

/** Shows all broken rules at once, one line each. */
function none(violations: readonly string[]): void {
  assert.ok(violations.length === 0, `\n${violations.join("\n")}`);
}

describe("the source tree", () => {
  const sources = readSources(projectRoot, "src");

  test("keeps doors, direction, addresses and purity", () => {
    assert.ok(sources.length > 50, `only ${sources.length} files were found under src`);
    none(importViolations(sources, RULES));
  });

  test("has every room of the table", () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path)));
    assert.deepEqual(Object.keys(LAYERS).filter((room) => !rooms.has(room)), []);
  });

  test("keeps the size budget, in src and test", () => {
    none(sizeViolations([...sources, ...readSources(projectRoot, "test")], BUDGET));
  });

  test("has classes only for lifetimes and errors", () => {
    none(classViolations(sources));
  });

  test("has a docstring on everything exported", () => {
    none(docstringViolations(sources));
  });

  test("has an address for each dependency and no address without one", () => {
    const { dependencies } = JSON.parse(readFileSync(project("package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    assert.deepEqual(Object.keys(RULES.addresses).sort(), Object.keys(dependencies).sort());
  });

  test("has addresses that really import their package", () => {
    const files = new Map(sources.map(({ path, tree }) => [path, tree.text]));
    const unused = Object.entries(RULES.addresses).filter(([name, places]) => {
      const texts = [...files]
        .filter(([path]) => places.some((place) => path.startsWith(place)))
        .map(([, text]) => text);
      return !texts.some((text) => text.includes(`"${name}"`));
    });
    assert.deepEqual(unused, []);
  });

  test("has the same rooms and layers in its map", (t) => {
    const map = project("src", "README.md");
    if (!existsSync(map)) return t.skip("src/README.md is not written yet");
    assert.deepEqual(readRoomsTable(readFileSync(map, "utf8")), { ...LAYERS });
  });
});

/** The import rules on a made-up tree, with two rooms on each of two layers. */
const SMALL: ImportRules = {
  layers: { core: 0, left: 1, right: 1, top: 2, wiring: 3 },
  openRooms: ["core"],
  standalone: "setup",
  addresses: { somewhere: ["src/top/here.ts"] },
  pure: ["src/left/"],
  pureMayImport: [],
};

/** What the import rules say of one file. */
function judge(path: string, text: string): string[] {
  return importViolations([parseSource(path, text)], SMALL);
}

describe("the import rules", () => {
  test("allow a lower room's door, any file of core, one's own room, Node, and a package at its address", () => {
    const text = `
      import { a } from "../left/index.js"; import type { B } from "../core/deep.js"; import "./mine.js";
      import "node:fs"; import { c } from "somewhere/deep"; export { w } from "../core/words.js";`;
    none(judge("src/top/here.ts", text));
    none(judge("src/wiring.ts", `import { a } from "./top/index.js";`));
    none(judge("src/wiring/part.ts", `import { a } from "../wiring.js";`));
  });

  test("refuse a room past its door", () => {
    assert.deepEqual(judge("src/top/here.ts", `import { a } from "../left/inner.js";`), [
      `src/top/here.ts: imports "../left/inner.js" past the door src/left/index.ts`,
    ]);
  });

  test("refuse a room of the same layer and of a higher one, type imports included", () => {
    assert.deepEqual(judge("src/left/a.ts", `import type { A } from "../right/index.js";`), [
      "src/left/a.ts: left (layer 1) imports a room of its own layer: right (1)",
    ]);
    assert.deepEqual(judge("src/core/a.ts", `export type A = import("../top/index.js").A;`), [
      "src/core/a.ts: core (layer 0) imports a higher layer: top (2)",
    ]);
  });

  test("see re-exports, dynamic imports and require", () => {
    for (const text of [
      `export * from "../top/index.js";`,
      `await import("../top/index.js");`,
      `require("../top/index.js");`,
    ]) {
      assert.equal(judge("src/core/a.ts", text).length, 1, text);
    }
  });

  test("refuse a package away from its address, and one without an address", () => {
    assert.deepEqual(judge("src/top/there.ts", `import type { A } from "somewhere";`), [
      `src/top/there.ts: imports "somewhere", whose address is src/top/here.ts`,
    ]);
    assert.deepEqual(judge("src/top/here.ts", `import "@new/thing/deep";`), [
      `src/top/here.ts: the package "@new/thing" has no address; name the one file that imports it`,
    ]);
  });

  test("refuse Node and packages in a pure room", () => {
    assert.deepEqual(judge("src/left/a.ts", `import "node:fs";`), [`src/left/a.ts: is pure and imports "node:fs"`]);
  });

  test("refuse a room that is not in the table", () => {
    assert.deepEqual(judge("src/utils/a.ts", ""), [
      `src/utils/a.ts: the room "utils" is not in the table of rooms; give it a layer`,
    ]);
  });

  test("keep set-up apart, both ways", () => {
    assert.equal(judge("src/setup/a.mjs", `import "../core/a.js";`).length, 1);
    assert.equal(judge("src/top/a.ts", `import "../setup/a.mjs";`).length, 1);
    assert.deepEqual(judge("src/setup/a.mjs", `import "somewhere";`), [
      `src/setup/a.mjs: imports "somewhere" before anything is installed`,
    ]);
    none(judge("src/setup/a.mjs", `import "node:fs"; import "./b.mjs";`));
  });

  test("let the files of a room take from their door the types that it declares for them to fulfil", () => {
    const door = parseSource("src/top/index.ts", `export { a } from "./a.js"; export interface Seam {}`);
    none(importViolations([door, parseSource("src/top/a.ts", `import type { Seam } from "./index.js";`)], SMALL));
    const withCode = parseSource("src/top/a.ts", `import { type Seam } from "./index.js";`);
    assert.equal(importViolations([door, withCode], SMALL).length, 1);
  });

  test("refuse files that import each other in a ring", () => {
    const ring = [
      parseSource("src/top/a.ts", `import "./b.js";`),
      parseSource("src/top/b.ts", `import type { C } from "./a.js";`),
    ];
    assert.deepEqual(importViolations(ring, SMALL), ["import cycle: src/top/a.ts -> src/top/b.ts -> src/top/a.ts"]);
  });
});

describe("the shape rules", () => {
  const tight: SizeBudget = { fileLines: 4, functionLines: 3, exempt: { "src/table.ts": "a table" } };
  const long = "function f() {\n  a();\n  b();\n}\n";

  test("refuse a long file and a long function, and leave out what is exempt", () => {
    assert.deepEqual(sizeViolations([parseSource("src/a.ts", `${long}\nc();`)], tight), [
      "src/a.ts: 6 lines, the budget is 4",
      "src/a.ts:1: a function of 4 lines, the budget is 3",
    ]);
    none(sizeViolations([parseSource("src/table.ts", `${long}\nc();`)], tight));
  });

  test("count arrow functions and methods, but in tests not the callbacks of test and describe", () => {
    const arrow = "const f = () => {\n  a();\n  b();\n};";
    const callback = "describe(() => {\n  a();\n  b();\n});";
    assert.equal(sizeViolations([parseSource("src/a.ts", arrow)], tight).length, 1);
    assert.equal(sizeViolations([parseSource("src/a.ts", callback)], tight).length, 1);
    assert.equal(sizeViolations([parseSource("test/a.ts", arrow)], tight).length, 1);
    none(sizeViolations([parseSource("test/a.ts", callback)], tight));
  });

  test("refuse a class without a lifetime", () => {
    assert.deepEqual(classViolations([parseSource("src/a.ts", "class Helper { run() {} }")]), [
      "src/a.ts:1: class Helper owns no lifetime and is no error: write functions",
    ]);
    const good =
      "class A { [Symbol.dispose]() {} } class B { async [Symbol.asyncDispose]() {} } class C extends TypeError {}";
    none(classViolations([parseSource("src/a.ts", good)]));
  });

  test("refuse an export without a docstring", () => {
    const text = "/** Said. */\nexport const a = 1;\n\nexport function b() {}\nfunction c() {}\nexport { c };";
    assert.deepEqual(docstringViolations([parseSource("src/a.ts", text)]), [
      "src/a.ts:4: exported without a docstring",
    ]);
  });
});

test("a docstring also covers the exports on the lines right below it", () => {
  const text = "/** Sides, px. */\nexport const LEFT = 1;\nexport const RIGHT = 2;\nexport type Side = 1 | 2;";
  none(docstringViolations([parseSource("src/a.ts", text)]));
});

describe("the reader of the map", () => {
  test("finds rooms in the table whose header names Room and Layer", () => {
    const map =
      "# Map\n\n| Word | What |\n|--|--|\n| `no` | 9 |\n\n" +
      "| Layer | Room | What |\n|---|---|---|\n| 0 | `core` | a |\n| 1 | `ring/`, `cli.ts` | b |\n\n| 2 | `no` | |";
    assert.deepEqual(readRoomsTable(map), { core: 0, ring: 1, cli: 1 });
  });

  test("says so when there is no such table", () => {
    assert.equal(readRoomsTable("| Word | What |\n|--|--|\n| `no` | 9 |"), undefined);
  });
});
