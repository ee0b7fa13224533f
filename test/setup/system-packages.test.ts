import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ffmpegVersion } from "../../src/setup/system-packages.mjs";

const moduleUrl = new URL("../../src/setup/system-packages.mjs", import.meta.url).href;

/** A machine in a folder: its programs are shell scripts, and each of them writes down how it was called. */
let machine = "";
const bin = () => join(machine, "bin");
const log = () => join(machine, "log");

function program(name: string, body: string): void {
  writeFileSync(join(bin(), name), `#!/bin/sh\necho "${name} $*" >> ${log()}\n${body}\n`);
  chmodSync(join(bin(), name), 0o755);
}

function ffmpeg(version: string): string {
  return `echo 'ffmpeg version ${version} Copyright (c) the FFmpeg developers'`;
}

/** A package manager that, asked to install, puts these programs on the machine. */
function installing(body: string): string {
  const put = `printf '#!/bin/sh\\n%s\\n' "${body}" > ${bin()}/$p; chmod +x ${bin()}/$p`;
  return `case "$*" in *install*) for p in ffmpeg ffprobe chromium; do ${put}; done;; esac`;
}

/** Calls one of the module's functions on that machine, as root or as another user. */
function call(expression: string, { root, path = bin() }: { root: boolean; path?: string }) {
  const script = `import * as system from ${JSON.stringify(moduleUrl)};
    process.getuid = () => ${root ? 0 : 1000};
    try { console.log("result:", await system.${expression}); }
    catch (error) { console.log(error.message); process.exitCode = 2; }`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { PATH: path },
    encoding: "utf8",
  });
  const calls = existsSync(log()) ? readFileSync(log(), "utf8").trimEnd().split("\n") : [];
  return { status, said: stdout.trimEnd(), told: stderr, calls };
}

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), "sightline-machine-"));
  mkdirSync(bin());
  for (const tool of ["sh", "env", "chmod", "printf"]) symlinkSync(whereIs(tool), join(bin(), tool));
});
afterEach(() => rmSync(machine, { recursive: true, force: true }));

function whereIs(tool: string): string {
  const found = ["/bin", "/usr/bin"].map((folder) => join(folder, tool)).find((path) => existsSync(path));
  assert.ok(found !== undefined, `${tool} is on no usual path`);
  return found;
}

describe("FFmpeg", { skip: process.platform === "win32" }, () => {
  test("that is there and new enough is left alone, silently", () => {
    program("ffmpeg", ffmpeg("5.1.9-0+deb12u1"));
    program("ffprobe", "");
    program("apt-get", "exit 1");
    assert.deepEqual(call("ensureFfmpeg()", { root: true }), {
      status: 0,
      said: "result: undefined",
      told: "",
      calls: ["ffmpeg -version"],
    });
  });

  test("that is missing is installed by root with apt, after its lists, and without a question", () => {
    program("apt-get", installing("echo ffmpeg version 5.1.9"));
    const { status, told, calls } = call("ensureFfmpeg()", { root: true });
    assert.equal(status, 0);
    assert.deepEqual(calls, ["apt-get update", "apt-get install -y --no-install-recommends ffmpeg"]);
    assert.match(told, /^sightline: FFmpeg's program ffmpeg is missing, installing it \(apt-get install .*\)\n$/);
  });

  test("that is too old is replaced", () => {
    program("ffmpeg", ffmpeg("4.4.2-0ubuntu0.22.04.1"));
    program("ffprobe", "");
    program("apt-get", installing("echo ffmpeg version 6.1"));
    const { status, told } = call("ensureFfmpeg()", { root: true });
    assert.equal(status, 0);
    assert.match(told, /FFmpeg 4\.4 is too old \(5\.1 or newer is needed\)/);
  });

  test("that is missing is installed through sudo where sudo asks no password", () => {
    program("sudo", `shift; "$@"`);
    program("dnf", installing("echo ffmpeg version 7.1"));
    const { status, calls } = call("ensureFfmpeg()", { root: false });
    assert.equal(status, 0);
    assert.deepEqual(calls, [
      "sudo -n true",
      "sudo -n env DEBIAN_FRONTEND=noninteractive dnf install -y /usr/bin/ffmpeg",
      "dnf install -y /usr/bin/ffmpeg",
    ]);
  });

  test("that is missing stops a user without rights with the exact line to run", () => {
    program("apt-get", "exit 1");
    const line = "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg";
    const withoutSudo = call("ensureFfmpeg()", { root: false });
    assert.equal(withoutSudo.said, `FFmpeg's program ffmpeg is missing. Run this line, then try again:\n${line}`);
    assert.equal(withoutSudo.status, 2);
    program("sudo", "exit 1");
    const withPassword = call("ensureFfmpeg()", { root: false });
    assert.equal(withPassword.said, withoutSudo.said);
    assert.deepEqual(withPassword.calls, ["sudo -n true"]);
  });

  test("that is missing is installed by Homebrew without root", () => {
    program("brew", installing("echo ffmpeg version 7.1"));
    const { status, calls } = call("ensureFfmpeg()", { root: false });
    assert.equal(status, 0);
    assert.deepEqual(calls, ["brew install ffmpeg"]);
  });

  test("that is missing where no package manager is known is asked for", () => {
    const { status, said } = call("ensureFfmpeg()", { root: true });
    assert.equal(status, 2);
    assert.equal(
      said,
      "FFmpeg's program ffmpeg is missing. Put FFmpeg 5.1 or newer first on PATH: https://ffmpeg.org/download.html",
    );
  });

  test("that cannot be installed is told with the package manager's own words", () => {
    program("apt-get", "echo E: Unable to locate package ffmpeg; exit 100");
    const { status, said } = call("ensureFfmpeg()", { root: true });
    assert.equal(status, 2);
    assert.equal(
      said,
      "apt-get install -y --no-install-recommends ffmpeg failed with exit status 100:\nE: Unable to locate package ffmpeg",
    );
  });

  test("that is still too old after installing is told, not accepted", () => {
    program("apt-get", installing("echo ffmpeg version 4.2.7"));
    const { status, said } = call("ensureFfmpeg()", { root: true });
    assert.equal(status, 2);
    assert.match(said, /^FFmpeg 4\.2 is too old .* even after apt-get install/);
  });
});

describe("Chromium", { skip: process.platform === "win32" }, () => {
  test("that is there under any of its names is found", () => {
    program("google-chrome", "");
    assert.equal(call("ensureChromium(true)", { root: true }).said, `result: ${bin()}/google-chrome`);
  });

  test("that is missing is installed only when that is wanted", () => {
    program("apt-get", installing("true"));
    const { said, calls } = call("ensureChromium(false)", { root: true });
    assert.equal(said, "result: undefined");
    assert.deepEqual(calls, []);
    assert.equal(call("ensureChromium(true)", { root: true }).said, `result: ${bin()}/chromium`);
  });

  test("that cannot be had costs a warning, not the run", () => {
    program("apt-get", "exit 1");
    const { status, said, told } = call("ensureChromium(true)", { root: false });
    assert.equal(status, 0);
    assert.equal(said, "result: undefined");
    assert.match(told, /the browser tests will be skipped/);
  });
});

/** Python programs that can run the server once GStreamer's packages are there, or never. */
const SYSTEM_PYTHON = () => `test -e ${machine}/gstreamer`;
const APT_WITH_GSTREAMER = () => `case "$*" in *gir1.2-gst-rtsp-server-1.0*) : > ${machine}/gstreamer;; esac`;

describe("GStreamer's RTSP server", { skip: process.platform === "win32" }, () => {
  test("that a Python can run is found, behind others that cannot, and nothing is installed", () => {
    mkdirSync(join(machine, "other"));
    symlinkSync(join(bin(), "false"), join(machine, "other", "python3"));
    program("false", "exit 1");
    program("python3", "");
    program("apt-get", "exit 1");
    const { said, told, calls } = call('ensureRtspServer("server.py", true)', { root: true, path: `${machine}/other:${bin()}` });
    assert.equal(said, `result: ${bin()}/python3`);
    assert.equal(told, "");
    assert.deepEqual(calls, ["false server.py --check", "python3 server.py --check"]);
  });

  test("that is missing is installed only when that is wanted, with the codecs' plugins", () => {
    program("python3", SYSTEM_PYTHON());
    program("apt-get", APT_WITH_GSTREAMER());
    assert.equal(call('ensureRtspServer("server.py", false)', { root: true }).said, "result: undefined");
    const { said, told, calls } = call('ensureRtspServer("server.py", true)', { root: true });
    assert.equal(said, `result: ${bin()}/python3`);
    assert.match(told, /^sightline: GStreamer's RTSP server is missing, installing it for the tests with a camera \(apt-get /);
    const installed = calls.find((line) => line.startsWith("apt-get install")) ?? "";
    for (const name of ["python3-gi", "gir1.2-gst-plugins-base-1.0", "gstreamer1.0-plugins-ugly"]) assert.ok(installed.split(" ").includes(name), installed);
  });

  test("that is missing where only another package manager is known, or no right is, costs a warning, not the run", () => {
    program("python3", SYSTEM_PYTHON());
    program("dnf", "exit 1");
    const unknown = call('ensureRtspServer("server.py", true)', { root: true });
    assert.deepEqual([unknown.status, unknown.said], [0, "result: undefined"]);
    assert.match(unknown.told, /GStreamer's RTSP server is missing and may not be installed: the tests with a camera will be skipped/);
    program("apt-get", "exit 1");
    const forbidden = call('ensureRtspServer("server.py", true)', { root: false });
    assert.deepEqual([forbidden.status, forbidden.said], [0, "result: undefined"]);
    assert.ok(!forbidden.calls.some((line) => line.startsWith("apt-get")));
  });

  test("that cannot be installed is told with the package manager's last words", () => {
    program("python3", SYSTEM_PYTHON());
    program("apt-get", "echo E: no network; exit 100");
    const { status, said, told } = call('ensureRtspServer("server.py", true)', { root: true });
    assert.deepEqual([status, said], [0, "result: undefined"]);
    assert.match(told, /failed with exit status 100, the tests with a camera will be skipped: E: no network/);
  });
});

test("FFmpeg's version is read from every form of its first line", () => {
  const cases: [string, string | undefined][] = [
    ["ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers", "5.1"],
    ["ffmpeg version n7.1 Copyright (c) 2000-2024", "7.1"],
    ["ffmpeg version 4.2.7-0ubuntu0.1 Copyright (c) 2000-2022", "4.2"],
    ["ffmpeg version 2024-05-20-git-127ded5078-full_build-www.gyan.dev", undefined],
    ["ffmpeg version N-115000-g1234567", undefined],
    ["ffmpeg version git-2023-01-02-abcdef", undefined],
  ];
  for (const [line, version] of cases) assert.equal(ffmpegVersion(`${line}\nbuilt with gcc 12\n`), version, line);
});

describe("the NATS server", { skip: process.platform === "win32" }, () => {
  test("that is on PATH is found, and nothing is installed", () => {
    program("nats-server", "exit 1");
    program("apt-get", "exit 1");
    const { said, told, calls } = call("ensureNatsServer(true)", { root: true });
    assert.deepEqual([said, told, calls], [`result: ${bin()}/nats-server`, "", []]);
  });
});

describe("pip", { skip: process.platform === "win32" }, () => {
  test("that any Python has is left alone", () => {
    program("python3", "exit 1");
    program("python", "");
    program("apt-get", "exit 1");
    const { told, calls } = call("ensurePip()", { root: true });
    assert.deepEqual([told, calls], ["", ["python3 -m pip --version", "python -m pip --version"]]);
  });

  test("that none has is installed, or costs a warning", () => {
    program("python3", "exit 1");
    program("apt-get", "");
    assert.ok(call("ensurePip()", { root: true }).calls.includes("apt-get install -y --no-install-recommends python3-pip"));
    const { status, told } = call("ensurePip()", { root: false });
    assert.equal(status, 0);
    assert.match(told, /pip is missing and may not be installed: the tests with OpenVINO will be skipped/);
  });
});
