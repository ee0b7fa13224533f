import assert from "node:assert/strict";
import { test } from "node:test";
import { streamNames } from "../../src/session/names.js";

test("a stream is named after its file, the end of its address' path, or its host", () => {
  const named = (source: string) => streamNames([source])[0];
  assert.equal(named("/films/gate.mp4"), "gate");
  assert.equal(named("test:numbered?frames=5"), "numbered");
  assert.equal(named("rtsp://user:secret@10.0.0.7:554/stream1"), "stream1");
  assert.equal(named("srt://127.0.0.1:19101"), "127.0.0.1");
  assert.equal(named("rtsp://user:p@ss@camera.local/?channel=2"), "camera.local");
});

test("no two streams have the same name, and none that is taken", () => {
  assert.deepEqual(streamNames(["a/x.mp4", "b/x.mp4", "x.mkv"], ["x-2"]), ["x", "x-3", "x-4"]);
});
