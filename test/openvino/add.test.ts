import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { addOpenvino, findOpenvino, removeOpenvino, type AddedOpenvino } from "../../src/openvino/index.js";
import { findPip, pipTrouble } from "../../src/openvino/pip.js";
import { readRelease, wheelFor, type OpenvinoRelease } from "../../src/openvino/pins.js";
import { runCli, startCli } from "../support/cli.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import { good, openServer, type WeightsServer } from "../weights/server.js";
import { releaseOf, tinyWheel } from "./wheel.js";

const VERSION = "2026.4.1";
const WHEEL = tinyWheel(VERSION);
const NOT_HERE = process.platform !== "linux" ? "the fixture programs are shell scripts with Linux's names" : false;

/** A machine with these programs in front on PATH, a folder for runtimes and a table of its own. */
interface Place {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly names: () => string[];
  readonly add: (signal?: AbortSignal) => Promise<AddedOpenvino>;
}

function placeFor(programs: Readonly<Record<string, string>>, release: OpenvinoRelease = releaseOf(WHEEL.bytes, VERSION), path = "/usr/bin:/bin"): Place {
  const home = temporaryFolder();
  const [folder, bin, registry] = [join(home, "runtimes"), join(home, "bin"), join(home, "runtimes.json")];
  mkdirSync(bin);
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(registry, JSON.stringify({ v: 1, openvino: release }));
  const env = { PATH: [bin, path].filter(Boolean).join(delimiter), HOME: home, SIGHTLINE_RUNTIMES_FOLDER: folder, SIGHTLINE_RUNTIMES_REGISTRY: registry };
  return {
    folder, env,
    names: () => (existsSync(folder) ? readdirSync(folder) : []),
    add: (signal) => addOpenvino({ clock: systemClock, folder, environment: env, ...(signal && { signal }) }),
  };
}

/** A python3 whose pip does this when it is to install: `$target` is the folder that it is to fill. */
const pipThat = (does: string): string => `[ "$3" = --version ] && exit 0\nwhile [ "$1" != --target ]; do shift; done\ntarget=$2\n${does}`;
const INSTALLS = `mkdir -p $target/openvino/libs $target/openvino-${VERSION}.dist-info/licenses && : > $target/openvino/libs/libopenvino_c.so.2641 && : > $target/openvino-${VERSION}.dist-info/RECORD`;

/** An index of packages with one wheel, as pip reads it. */
function openIndex(bytes: Uint8Array): Promise<WeightsServer> {
  const page = `<!DOCTYPE html><a href="/files/${WHEEL.name}">${WHEEL.name}</a>`;
  return openServer({
    "/simple/openvino/": (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end(page),
    [`/files/${WHEEL.name}`]: good(bytes),
  });
}

/** For pip itself, as the tests' machine has it. Skips the running test, in words, where there is none. */
async function requirePip(t: TestContext, index: string, release?: OpenvinoRelease): Promise<Place | undefined> {
  const place = placeFor({}, release, `/usr/bin:/bin:${process.env["PATH"]}`);
  Object.assign(place.env, { PIP_INDEX_URL: index, PIP_RETRIES: "1" });
  const python = await findPip({ clock: systemClock, signal: new AbortController().signal, environment: place.env }).catch(() => null);
  if (python !== null) return place;
  t.skip("SKIPPED: no Python with pip found; install python3-pip");
  return undefined;
}

describe("sightline runtime add openvino, with pip itself", { skip: NOT_HERE }, () => {
  test("keeps the libraries and the licence of the one wheel, which is found then and removed whole", async (t) => {
    await using index = await openIndex(WHEEL.bytes);
    const place = await requirePip(t, index.address("/simple"));
    if (!place) return;
    const { env } = place;
    const { code, stdout, stderr } = await runCli(["runtime", "add", "openvino"], { env });
    const path = join(place.folder, `openvino-${VERSION}`);
    assert.deepEqual([code, stdout], [0, `${path}\n`], stderr);
    assert.match(stderr, /^sightline: OpenVINO 2026\.4\.1: 0\.0 MB by pip, unpacked 0\.0 MB, licence MIT \(https:\/\/example\.org\/ov\), into .*runtimes\nsightline: OpenVINO 2026\.4\.1 is here\n$/);
    assert.deepEqual(place.names(), [`openvino-${VERSION}`]);
    const files = readdirSync(path, { recursive: true }).map(String).sort();
    const info = `openvino-${VERSION}.dist-info`;
    assert.deepEqual(files, ["libs", "libs/libopenvino.so.2641", "libs/libopenvino_c.so.2641", info, `${info}/METADATA`, `${info}/licenses`, `${info}/licenses/LICENSE`]);
    assert.equal(readFileSync(join(path, "libs/libopenvino_c.so.2641"), "utf8"), "no library");
    assert.ok(!index.requests.some(({ path: asked }) => asked.includes("not-to-be-fetched")));
    const asked = index.requests.length;
    assert.deepEqual(await place.add(), { path, libraryPath: join(path, "libs/libopenvino_c.so.2641"), version: VERSION, wasThere: true });
    assert.equal(index.requests.length, asked);
    const { stdout: removed } = await runCli(["runtime", "remove", "openvino", "--json"], { env });
    assert.deepEqual(JSON.parse(removed), { v: 1, name: "openvino", folder: place.folder, removed: [{ path, bytes: 117 }] });
    assert.deepEqual(place.names(), []);
  });

  test("refuses other bytes than those of the table, and says which came", async (t) => {
    await using index = await openIndex(WHEEL.bytes);
    const place = await requirePip(t, index.address("/simple"), releaseOf(Buffer.from("another"), VERSION));
    if (!place) return;
    const sha256 = releaseOf(WHEEL.bytes, VERSION).wheels[`${process.platform}-${process.arch}`]?.sha256;
    await assert.rejects(place.add(), { code: "E_RUNTIME_ADD", message: `OpenVINO 2026.4.1 was not added: what came has sha256 ${sha256}, which is not the one that was expected` });
    assert.deepEqual(place.names(), []);
  });

  test("says that the index can't be reached, and how it goes without a network", async (t) => {
    const place = await requirePip(t, "http://127.0.0.1:1/simple");
    if (!place) return;
    const words = /was not added: pip can't reach its index \(\[Errno 111\] Connection refused\)\. Where there is a network: pip download .*--platform manylinux_2_28_x86_64 .*openvino==2026\.4\.1; then here: PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER sightline runtime add openvino$/;
    await assert.rejects(place.add(), { code: "E_RUNTIME_ADD", message: words });
    assert.deepEqual(place.names(), []);
  });
});

describe("adding OpenVINO", { skip: NOT_HERE }, () => {
  test("that several do at once ends with one whole folder", async () => {
    const place = placeFor({ python3: pipThat(INSTALLS) });
    const all = await Promise.all([1, 2, 3].map(() => place.add()));
    for (const { libraryPath } of all) assert.equal(libraryPath, join(place.folder, `openvino-${VERSION}`, "libs", "libopenvino_c.so.2641"));
    assert.deepEqual(place.names(), [`openvino-${VERSION}`]);
  });

  test("asks every Python for pip, and says what to do where none has it or there is none", async () => {
    const without = "exit 1";
    const second = placeFor({ python3: without, python: pipThat(INSTALLS) }, undefined, "/bin:/usr/bin");
    assert.equal((await second.add()).version, VERSION);
    const none = placeFor({ python3: without }, undefined, "");
    await assert.rejects(none.add(), { code: "E_RUNTIME_ADD", message: /bin\/python3 has no pip, which brings the libraries\. On Debian and Ubuntu: apt-get install python3-pip$/ });
    const bare = placeFor({}, undefined, "");
    await assert.rejects(bare.add(), { code: "E_RUNTIME_ADD", message: /there is no python3 on PATH, which brings the libraries\. On Debian/ });
    assert.deepEqual([none.names(), bare.names()], [[], []]);
  });

  test("that Ctrl-C stops ends pip too, says so with 130, and leaves nothing", async () => {
    const place = placeFor({ python3: pipThat(`echo part > $TMPDIR/openvino.whl; trap '' HUP; sleep 600 & echo $! > ${join("$HOME", "pid")}; wait`) });
    const adding = startCli(["runtime", "add", "openvino"], { env: place.env });
    const pidFile = join(place.env["HOME"] ?? "", "pid");
    await until(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"), "pip to work");
    assert.match(place.names().join(), /^\.openvino-2026\.4\.1\.\d+-[0-9a-f]{8}\.part$/);
    adding.child.kill("SIGINT");
    const { code, stderr } = await adding.done;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /E_STOPPED {2}openvino: stopped; nothing of it is left/);
    assert.deepEqual(place.names(), []);
    await until(() => !isRunning(Number(readFileSync(pidFile, "utf8"))), "what pip has started to be gone");
  });

  test("takes away what a killed one has left, but nothing that is still being filled", async () => {
    const place = placeFor({ python3: pipThat(INSTALLS) });
    const [left, filled] = [".openvino-2026.3.0.1-aaaaaaaa.part", ".openvino-2026.4.1.2-bbbbbbbb.part"] as const;
    for (const name of [left, filled]) mkdirSync(join(place.folder, name, "work"), { recursive: true });
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(place.folder, left), longAgo, longAgo);
    await place.add();
    assert.deepEqual(place.names().sort(), [filled, `openvino-${VERSION}`]);
  });

  test("without room, without a right, or with a wheel that has no library leaves nothing and says which", async () => {
    const refuses = async (place: Place, words: RegExp): Promise<void> => {
      await assert.rejects(place.add(), { code: "E_RUNTIME_ADD", message: words });
      assert.deepEqual(place.names(), []);
    };
    await refuses(placeFor({ python3: pipThat(INSTALLS) }, releaseOf(WHEEL.bytes, VERSION, { unpackedBytes: 2 ** 50 })), /runtimes has room for \d+ MB, needed are \d{10} MB$/);
    await refuses(placeFor({ python3: pipThat('echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device" >&2; exit 1') }), /there is no room left in /);
    await refuses(placeFor({ python3: pipThat("mkdir -p $target/openvino/libs $target/x.dist-info") }), /the wheel of OpenVINO 2026\.4\.1 has no openvino\/libs\/libopenvino_c\.so\*$/);
    await refuses(placeFor({ python3: pipThat("kill -9 $$") }), /pip ended with a signal/);
    const place = placeFor({ python3: pipThat(INSTALLS) });
    writeFileSync(place.folder, "");
    await assert.rejects(place.add(), { code: "E_RUNTIME_ADD", message: /was not added: .*runtimes can't be written \(EEXIST|ENOTDIR\)$/ });
    const foreign = placeFor({ python3: pipThat(INSTALLS) });
    mkdirSync(foreign.folder, { mode: 0o755 });
    const { code, stderr } = await runCli(["runtime", "add", "openvino"], { env: foreign.env, unprivileged: true });
    if (process.getuid?.() === 0) assert.match(`${code} ${stderr}`, /^1 [^]*runtimes can't be written \(EACCES\)/);
  });
});

test("OpenVINO is removed only where it was added, also while another version stands beside it", { skip: NOT_HERE }, async () => {
  const { folder, add, names } = placeFor({ python3: pipThat(INSTALLS) });
  await add();
  mkdirSync(join(folder, "openvino-2025.4.1", "libs"), { recursive: true });
  mkdirSync(join(folder, "something-else"));
  assert.equal(findOpenvino({}, { platform: "linux", home: folder, environment: { SIGHTLINE_RUNTIMES_FOLDER: folder }, systemFolders: [] }).version, VERSION);
  const removed = await removeOpenvino({ clock: systemClock, folder });
  assert.deepEqual(removed.map(({ path }) => path.slice(folder.length + 1)).sort(), ["openvino-2025.4.1", `openvino-${VERSION}`]);
  assert.deepEqual([names(), await removeOpenvino({ clock: systemClock, folder })], [["something-else"], []]);
});

test("the table that comes along has a wheel for each usual system, and says where there is none", async () => {
  const release = await readRelease({});
  const tagOf = (platform: NodeJS.Platform, arch: string, glibc: string | null = null): string => wheelFor(release, { platform, arch, glibc }).tag;
  assert.equal(tagOf("linux", "x64", "2.36"), "manylinux_2_28_x86_64");
  assert.deepEqual([tagOf("darwin", "arm64"), tagOf("win32", "x64")], ["macosx_11_0_arm64", "win_amd64"]);
  assert.throws(() => tagOf("linux", "arm64", "2.31"), { code: "E_RUNTIME_ADD", message: /for linux-arm64 needs glibc 2\.35 or newer, here is 2\.31/ });
  assert.throws(() => tagOf("linux", "x64"), { code: "E_RUNTIME_ADD", message: /here is another C library/ });
  assert.throws(() => tagOf("linux", "riscv64", "2.40"), { code: "E_RUNTIME_ADD", message: /is there for linux-x64, .*, not for linux-riscv64/ });
  await assert.rejects(readRelease({ SIGHTLINE_RUNTIMES_REGISTRY: "/nowhere.json" }), { code: "E_RUNTIME_ADD", message: /nowhere\.json can't be read/ });
});

test("pip's words become ours", () => {
  const of = (said: string, status: number | null = 1): string => pipTrouble({ status, said }, "/cache");
  assert.equal(of("WARNING: a\nERROR: Could not find a version\nERROR: No matching distribution found for openvino==2026.4.1"), "pip's index has no such wheel (ERROR: No matching distribution found for openvino==2026.4.1)");
  assert.equal(of("  ... after connection broken by 'NewConnectionError('<x>: Failed to establish a new connection: [Errno 111] Connection refused')'"), "pip can't reach its index ([Errno 111] Connection refused)");
  assert.equal(of("ERROR: HTTP error 404 while getting x\nERROR: 404 Client Error: Not Found for url: y"), "pip can't reach its index (404 Client Error: Not Found for url)");
  assert.equal(of("no such option: --abi", 2), "pip is too old (no such option: --abi)");
  assert.equal(of("OSError: [Errno 30] Read-only file system: '/cache/x'"), "/cache can't be written");
  assert.equal(of("Segmentation fault", 139), "pip ended with status 139 (Segmentation fault)");
  assert.equal(of("", null), "pip ended with a signal (it said nothing)");
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended, and whose parent has not looked yet, is still told of.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
