import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { runCli, type CliResult } from "../support/cli.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-usage-"));
const yaml = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

function assertRefused({ code, stdout, stderr }: CliResult, errorCode: string, words: RegExp): void {
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  for (const line of stderr.trimEnd().split("\n")) assert.ok(line.startsWith(`sightline: ${errorCode}  `), stderr);
  assert.match(stderr, words);
  assert.doesNotMatch(stderr, /^\s+at /m, "a stack trace without --verbose");
}

/** Command line, error code, what the line has to say. */
const WRONG_USAGE: readonly (readonly [string, RegExp])[] = [
  ["run", /no source was given; .* See sightline --help\.\n$/],
  ["run a.mp4 ", /a source is empty, perhaps a variable of a script that is not set; it may be an address/],
  ["rnu clip.mp4", /unknown command 'rnu'; did you mean run\?/],
  ["run a.mp4 --wokers 2", /unknown option '--wokers'; did you mean --workers\?/],
  ["run a.mp4 --workers", /option '-w, --workers <N>' argument missing/],
  ["run a.mp4 --workers 0", /--workers: inference\.workers is 0; allowed: auto or a whole number from 1 to 64/],
  ["run a.mp4 --workers 1000", /--workers: inference\.workers is 1000; allowed: auto or a whole number from 1 to 64/],
  ["run a.mp4 --workers two", /--workers: inference\.workers is "two"; allowed/],
  ["run a.mp4 --workers 1.5", /--workers: inference\.workers is 1\.5; allowed/],
  ["run a.mp4 --conf 1.5 --iou 7", /--conf: detect\.conf is 1\.5; allowed: a number from 0 to 1\n.*--iou: detect\.iou is 7; allowed: a number from 0 to 1\. /],
  ["run a.mp4 --max-fps 0", /--max-fps: live\.maxFps is 0; allowed: a number above 0 up to 1000 or null/],
  ["run a.mp4 --serve 70000", /--serve: serve\.port is 70000; allowed: a whole number from 0 to 65535/],
  ["run a.mp4 --serve here", /--serve is "here"; allowed: PORT or HOST:PORT/],
  ["run a.mp4 --json --out -", /--json and records on standard output \(--out -\) exclude each other/],
  ["demo clip.mp4", /too many arguments/],
  ["check a.mp4 b.mp4", /too many arguments/],
  ["bench --rounds 0", /--rounds is "0"; allowed: a whole number from 1 to 99/],
];

for (const [line, words] of WRONG_USAGE) {
  test(`"sightline ${line}" is refused as a wrong command line`, async () => {
    assertRefused(await runCli(line.split(" ")), "E_USAGE", words);
  });
}

test("an unknown setting, a wrong one and a wrong variable are told together with their places", async () => {
  const file = yaml("wrong.yaml", "inference:\n  wrokers: 2\nlive:\n  maxAgeMs: 0\n");
  const result = await runCli(["run", "a.mp4", "--config", file], { env: { SIGHTLINE_DETECT_CONF: "high" } });
  assertRefused(result, "E_CONFIG", /wrong\.yaml:2:3: inference\.wrokers is not a setting; did you mean inference\.workers\?/);
  assert.match(result.stderr, /wrong\.yaml:4:3: live\.maxAgeMs is 0; allowed: a whole number from 1 to 3600000/);
  assert.match(result.stderr, /SIGHTLINE_DETECT_CONF: detect\.conf is "high"; allowed: a number from 0 to 1\. Correct the keys/);
  assert.equal(result.stderr.split("\n").length, 4);
});

test("a settings file that is missing or no YAML is refused with its place", async () => {
  assertRefused(await runCli(["run", "a.mp4", "--config", join(folder, "no.yaml")]), "E_CONFIG_FILE", /no\.yaml can't be read \(ENOENT\)/);
  const broken = yaml("broken.yaml", "inference: [\n");
  assertRefused(await runCli(["run", "a.mp4"], { env: { SIGHTLINE_CONFIG: broken } }), "E_CONFIG_FILE", /broken\.yaml:2:1 /);
});

test("labels and addresses that can't be used are refused without repeating a password", async () => {
  assertRefused(await runCli(["run", "test:numbered", "--labels", join(folder, "no.txt")]), "E_LABELS", /no\.txt/);
  const address = await runCli(["run", "ftp://me:hunter2@cam/1"]);
  assertRefused(address, "E_SOURCE_SCHEME", /ftp:\/\/\*\*\*@cam\/1/);
  assert.doesNotMatch(address.stderr, /hunter2/);
});

test("--verbose adds the stack trace", async () => {
  const { code, stderr } = await runCli(["--verbose", "run", "a.mp4", "--workers", "0"]);
  assert.equal(code, 2);
  assert.match(stderr, /^sightline: E_USAGE {2}--workers: .*\n[^]*\n\s+at /);
});

test("every command has help with examples, and the version is that of the package", async () => {
  for (const command of [[], ["run"], ["demo"], ["probe"], ["devices"], ["check"], ["bench"]]) {
    const { code, stdout, stderr } = await runCli([...command, "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: sightline ${command.join("")}[^]*\nExamples:\n {2}\\$ sightline `));
    assert.equal(stderr, "");
  }
  const { stdout } = await runCli(["--version"]);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test("without a command the help appears, and the status is that of a wrong command line", async () => {
  const { code, stdout, stderr } = await runCli([]);
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^Usage: sightline [^]*sightline: E_USAGE {2}no command was given\. See sightline --help\.\n$/);
});
