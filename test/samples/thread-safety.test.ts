import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { requireNats, startBroker } from "../queue/nats-server.js";
import { startCli } from "../support/cli.js";
import { project } from "../support/paths.js";

const FOLDER = project("samples", "thread-safety");
const pages = readdirSync(FOLDER).filter((name) => name.endsWith(".md"));
const ENGLISH = "README.md";
/** It needs a broker, whose address it takes as its argument, and a worker. */
const WITH_BROKER = "6-queue";
const MOST_MS = 120_000;

interface Example {
  readonly name: string;
  readonly output: string;
}

/** What a page says that each program prints. */
function examplesOf(page: string): Example[] {
  const text = readFileSync(`${FOLDER}/${page}`, "utf8");
  return [...text.matchAll(/```console\n\$ node dist\/samples\/thread-safety\/(\S+)\.js\n(.*?)```/gs)].map(([, name = "", output = ""]) => ({ name, output }));
}

/** Runs a sample from the project's folder, as the page says. */
async function printed(name: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [project("dist", "samples", "thread-safety", `${name}.js`), ...args], { cwd: project(), stdio: ["ignore", "pipe", "inherit"], timeout: MOST_MS, killSignal: "SIGKILL" });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  assert.deepEqual([code, signal], [0, null], out);
  return out;
}

describe("the thread-safety samples", () => {
  const examples = examplesOf(ENGLISH);

  test("are all on the page, and those on the page are there", () => {
    const there = readdirSync(FOLDER).filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -".ts".length));
    assert.deepEqual(examples.map(({ name }) => name), there.sort());
    assert.equal(examples.length, 6);
  });

  for (const { name, output } of examples.filter((one) => one.name !== WITH_BROKER)) {
    test(`${name} prints what the page says`, async () => {
      assert.equal(await printed(name), output);
    });
  }

  test(`${WITH_BROKER} prints what the page says`, async (t) => {
    if (!requireNats(t)) return;
    await using broker = await startBroker();
    const worker = startCli(["worker", "--nats", broker.url, "--workers", "1"]);
    try {
      await worker.saying(/serves .* with/);
      assert.equal(await printed(WITH_BROKER, broker.url), examples.find(({ name }) => name === WITH_BROKER)?.output);
    } finally {
      worker.child.kill("SIGKILL");
    }
  });

  test("are told in five languages, each with the same examples, headings and table", () => {
    assert.equal(pages.length, 5);
    const english = readFileSync(`${FOLDER}/${ENGLISH}`, "utf8");
    const shapeOf = (text: string): string[] => text.split("\n").flatMap((line) => /^(#+|\|(?=-))/.exec(line)?.[0] ?? []);
    const table = (text: string): string | undefined => /<!-- modes:begin -->.*<!-- modes:end -->/s.exec(text)?.[0];
    for (const page of pages) {
      const text = readFileSync(`${FOLDER}/${page}`, "utf8");
      assert.deepEqual(examplesOf(page), examples, page);
      assert.deepEqual(shapeOf(text), shapeOf(english), page);
      assert.ok(table(text));
      assert.equal(table(text), table(english), page);
      for (const other of pages.filter((name) => name !== page)) assert.ok(text.includes(`](${other})`), `${page} does not lead to ${other}`);
      assert.deepEqual(text.match(/`[^`\n]+`/g)?.length, english.match(/`[^`\n]+`/g)?.length, `${page}: names in code`);
    }
  });
});
