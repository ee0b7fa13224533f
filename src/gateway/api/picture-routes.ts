import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { PipelineError } from "../../core/errors.js";
import { deferred } from "../../core/lifetime.js";
import { z } from "../../core/schema.js";
import type { VideoFrame } from "../../core/video-frame.js";
import { whenDismissed, whenGone } from "../connections.js";
import { visibleStream, type ApiDeps } from "./deps.js";
import { drawn } from "./draw.js";
import { nameParams, pictureQuery, problems } from "./schemas.js";

const TAGS = ["pictures"];
/** A live stream has a picture within a frame's time; one that is only connecting may need this long, ms. */
const PICTURE_WAIT_MS = 10_000;
/** Pictures that are waited for at once, and readers of MJPEG. */
const MOST_SNAPSHOTS = 32;
const MOST_MJPEG = 16;
/** A reader of MJPEG that has not taken a picture in this time is gone: its place is for others. */
const STALLED_MS = 60_000;
/** Separates the parts of an MJPEG answer. */
const BOUNDARY = "sightline-frame";

const picture = z.string().meta({ format: "binary" });
/** Which frame a picture is. */
const FRAME_HEADERS = {
  "sightline-frame": { type: "integer", description: "Number of the frame." },
  "sightline-epoch": { type: "integer", description: "Its epoch." },
  "sightline-looked-at": { type: "integer", description: "1 when the frame was looked at; else it has no boxes." },
  "sightline-pts-ms": { type: "number", description: "Its media time, ms; left out when the source has none." },
};

/** Pictures of a stream, for people and for tools without a WebSocket. */
export function addPictureRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const snapshots = turnstile(MOST_SNAPSHOTS, "snapshots");
  const readers = turnstile(MOST_MJPEG, "readers of MJPEG");

  api.get(
    "/streams/:name/snapshot",
    { schema: { tags: TAGS, operationId: "getSnapshot", summary: "A picture", description: "The next picture, as a JPEG. With boxes they are those of exactly this frame.", params: nameParams, querystring: pictureQuery, response: { 200: { description: "The picture; the headers say which frame it is.", headers: FRAME_HEADERS, content: { "image/jpeg": { schema: picture } } }, ...problems(404, 409) } } },
    async (request, reply) => {
      using _one = snapshots.enter();
      const shot = await nextPicture(request, request.params.name, deps);
      const jpeg = await drawn(shot, lookOf(shot, request.query, deps));
      // A buffer goes out as it is, whatever the schema says of it.
      return (reply as FastifyReply).headers(frameHeaders(shot)).type("image/jpeg").send(Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length));
    },
  );
  api.get(
    "/streams/:name/mjpeg",
    { exposeHeadRoute: false, schema: { tags: TAGS, operationId: "getMjpeg", summary: "Pictures one after another", description: "Motion JPEG (multipart/x-mixed-replace), until the reader goes or the stream is removed. A reader that is slow gets fewer.", params: nameParams, querystring: pictureQuery, response: { 200: { description: "Pictures without an end.", content: { "multipart/x-mixed-replace": { schema: picture } } }, ...problems(404) } } },
    async (request, reply) => {
      const { name } = visibleStream(request, request.params.name, deps);
      using _one = readers.enter();
      const headers = { ...reply.getHeaders(), "content-type": `multipart/x-mixed-replace; boundary=${BOUNDARY}`, connection: "close" };
      reply.hijack();
      whenDismissed(request.raw, () => request.raw.socket.destroy());
      reply.raw.writeHead(200, headers as Record<string, string>);
      // Else they would wait for the first picture.
      reply.raw.flushHeaders();
      await sendPictures(request.raw, reply.raw, name, (shot) => drawn(shot, lookOf(shot, request.query, deps)), deps);
    },
  );
}

type PictureQuery = z.output<typeof pictureQuery>;

function lookOf({ stream, epoch, frame }: VideoFrame, { boxes, width }: PictureQuery, { feed }: ApiDeps) {
  return { record: boxes === "1" ? feed.find(stream, epoch, frame) : undefined, widthPx: width };
}

function frameHeaders({ epoch, frame, ptsMs, lookedAt }: VideoFrame): Record<string, string> {
  return { "sightline-epoch": String(epoch), "sightline-frame": String(frame), "sightline-looked-at": lookedAt ? "1" : "0", ...(ptsMs !== null && { "sightline-pts-ms": String(ptsMs) }) };
}

/** The stream's next picture. @throws PipelineError E_NO_PICTURE */
async function nextPicture(request: FastifyRequest, name: string, deps: ApiDeps): Promise<VideoFrame> {
  const { state } = visibleStream(request, name, deps).stats;
  if (["ended", "failed", "paused"].includes(state)) throw new PipelineError("E_NO_PICTURE", `${name} is ${state}`);
  const found = deferred<VideoFrame | undefined>();
  using _watch = deps.feed.watch(name, found.resolve);
  using _limit = deps.clock.after(PICTURE_WAIT_MS, () => found.resolve(undefined));
  using _gone = whenGone(request.raw, () => found.resolve(undefined));
  const shot = await found.promise;
  if (shot === undefined) throw new PipelineError("E_NO_PICTURE", `${name} gave no picture within ${PICTURE_WAIT_MS} ms`);
  return shot;
}

/** Sends pictures until the reader goes, or the stream: one on its way, the newest after it. */
async function sendPictures(request: IncomingMessage, to: ServerResponse, name: string, draw: (shot: VideoFrame) => Promise<Uint8Array>, deps: ApiDeps): Promise<void> {
  const gone = deferred();
  let busy = false;
  let next: VideoFrame | undefined;
  let isOver = false;
  /** The picture that the connection has not taken yet. */
  let stuck: { readonly sinceMs: number; readonly taken: () => void } | undefined;
  const taken = (): void => stuck?.taken();
  const send = async (shot: VideoFrame): Promise<void> => {
    const jpeg = await draw(shot);
    const head = Object.entries({ "content-type": "image/jpeg", "content-length": String(jpeg.length), ...frameHeaders(shot) }).map(([key, value]) => `${key}: ${value}\r\n`);
    const hasRoom = to.write(Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n${head.join("")}\r\n`), jpeg, Buffer.from("\r\n")]));
    if (!hasRoom && !isOver) await new Promise<void>((resolve) => (stuck = { sinceMs: deps.clock.monotonicMs(), taken: resolve }));
    stuck = undefined;
  };
  const work = async (): Promise<void> => {
    busy = true;
    for (let shot = next; shot !== undefined && !isOver; shot = next) {
      next = undefined;
      // A picture that can't be drawn on is left out; the next one comes.
      await send(shot).catch(() => undefined);
    }
    busy = false;
  };
  to.on("drain", taken);
  to.on("error", () => undefined);
  using _watch = deps.feed.watch(name, (shot) => {
    next = shot;
    if (!busy) void work();
  });
  using _check = deps.clock.every(1000, () => {
    if (stuck && deps.clock.monotonicMs() - stuck.sinceMs >= STALLED_MS) request.socket.destroy();
    else if (deps.control()?.get(name) === undefined) to.end();
  });
  using _gone = whenGone(request, () => {
    isOver = true;
    taken();
    gone.resolve();
  });
  await gone.promise;
}

/** Lets so many in at a time. */
function turnstile(most: number, what: string): { enter(): Disposable } {
  let inside = 0;
  return {
    enter() {
      if (inside >= most) throw new PipelineError("E_TOO_MANY", `there are ${most} ${what} already`);
      inside += 1;
      return { [Symbol.dispose]: () => void (inside -= 1) };
    },
  };
}
