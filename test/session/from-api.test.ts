import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { specOf } from "../../src/session/specs.js";
import { temporaryFolder } from "../support/pool.js";
import { runSession } from "../support/running.js";
import { settings } from "../support/session.js";
import { until } from "../support/until.js";

test("a stream that came by the API is opened as api allows, with the programs of the settings; the settings' own are trusted", async () => {
  const folder = temporaryFolder();
  const [clip, link] = [join(folder, "clip.png"), join(folder, "link.mp4")];
  writeFileSync(clip, "x");
  symlinkSync("/etc/hostname", link);
  await using running = await runSession({
    model: { path: "samples/street.onnx" },
    inference: { workers: 1 },
    api: { fileRoots: [folder] },
    streams: {
      outside: { source: "/etc/hostname", fromApi: true },
      link: { source: link, fromApi: true },
      near: { source: "rtsp://127.0.0.1:1/", fromApi: true },
      pipe: { source: "-", fromApi: true },
      trusted: { source: "/etc/hostname" },
      fine: { source: "test:numbered?frames=3", fromApi: true, sourceOptions: { ffmpegPath: "/bin/false" } },
    },
  });
  const codeOf = (stream: string): string | undefined => running.of(stream)?.error?.code;
  for (const stream of ["outside", "link", "near", "pipe"]) {
    await until(() => codeOf(stream) !== undefined, `${stream} to be refused`);
    assert.equal(codeOf(stream), "E_SOURCE_FORBIDDEN", stream);
  }
  await until(() => codeOf("trusted") !== undefined, "trusted to be looked at");
  assert.equal(codeOf("trusted"), "E_SOURCE_NOT_VIDEO");
  await until(() => running.of("fine")?.state === "ended", "the numbered source to end");
  assert.equal(running.of("fine")?.decoded, 3);
});

test("which programs run is never up to the API, and without a policy nothing that came by it is opened", () => {
  const options = settings({ source: { ffmpegPath: "ours" } });
  const stream = { source: "test:bars", fromApi: true, sourceOptions: { ffmpegPath: "theirs", ffprobePath: "theirs", loop: true } };
  const { sourceOptions, policy } = specOf("a", stream, options);
  assert.deepEqual([sourceOptions.ffmpegPath, sourceOptions.ffprobePath, sourceOptions.loop], ["ours", "ffprobe", true]);
  assert.deepEqual(policy, options.api);
  assert.equal(specOf("a", { ...stream, fromApi: false }, options).sourceOptions.ffmpegPath, "theirs");
  const { api: _, ...withoutPolicy } = options;
  assert.deepEqual(specOf("a", stream, withoutPolicy).policy, { schemes: [], allowPrivate: false, fileRoots: [] });
});
