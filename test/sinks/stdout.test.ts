import assert from "node:assert/strict";
import { once } from "node:events";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { openStdout } from "../../src/sinks/index.js";
import { publishedFrame } from "../wire/records.js";
import { framesOf, resultOf, startWriter } from "./programs.js";

/** More than the pipe, both ends' stream buffers and the sink's soft bound hold together. */
const MANY_FRAMES = 8000;

test("a record is its line and a newline, and the stream stays open", async () => {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const published = publishedFrame(0);
  {
    await using sink = openStdout(stream, systemClock);
    sink.write(published);
  }
  assert.equal(Buffer.concat(chunks).toString(), `${published.line}\n`);
  assert.equal(stream.writableEnded, false);
});

test("a reader that begins late still gets every record, in order", async () => {
  const writer = startWriter(["-", String(MANY_FRAMES)]);
  await once(writer.stdout, "readable");
  const [jsonl, result] = await Promise.all([text(writer.stdout), resultOf(writer)]);
  assert.deepEqual(result, { code: null, dropped: 0 });
  assert.deepEqual(framesOf(jsonl), [...Array(MANY_FRAMES).keys()]);
});

test("a reader that goes away ends the sink with E_STOPPED and not the process", async () => {
  const writer = startWriter(["-", "forever"]);
  await once(writer.stdout, "data");
  writer.stdout.destroy();
  assert.deepEqual(await resultOf(writer), { code: "E_STOPPED", dropped: null });
  assert.equal(writer.exitCode, 0);
});
