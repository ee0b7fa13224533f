import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { PipelineError } from "../../core/errors.js";
import { maySee } from "../../core/access.js";
import { z } from "../../core/schema.js";
import { playbackStateSchema, SPEED_LIMITS } from "../../wire/index.js";
import type { PlaybackCommand, PlaybackControl } from "../control.js";
import { adminOnly, type ApiDeps } from "./deps.js";
import { json, problems } from "./schemas.js";

const TAGS = ["playback"];

const stream = z.string().min(1).exactOptional().describe("Until a frame of this stream is shown; left out = of any.");
const place = z.union([
  z.strictObject({ positionMs: z.number().nonnegative().describe("In playing time, as positionMs of the answer.") }),
  z.strictObject({ share: z.number().min(0).max(1).describe("Of the playing time.") }),
  z.strictObject({ at: z.iso.datetime().describe("The recording's time of day, ISO 8601 in UTC.") }),
]);
const command = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("play") }).describe("Go on; from the begin when it has ended."),
  z.strictObject({ command: z.literal("pause") }),
  z.strictObject({ command: z.literal("seek"), to: place.describe("The first frame from there on is shown."), stream }),
  z.strictObject({ command: z.literal("step"), frames: z.union([z.literal(1), z.literal(-1)]).describe("To the next frame or to the one before."), stream }).describe("Pauses first."),
  z.strictObject({ command: z.literal("speed"), speed: z.union([z.number().min(SPEED_LIMITS.least).max(SPEED_LIMITS.most), z.literal("max")]) }),
  z.strictObject({ command: z.literal("loop"), loop: z.boolean() }),
]);

/** The replay of a log: how it does, and everything that steers it. */
export function addPlaybackRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get(
    "/playback",
    { schema: { tags: TAGS, operationId: "getPlayback", summary: "How the replay does", description: "E_NO_PLAYBACK where no log is replayed.", response: { ...json(200, playbackStateSchema, "The replay."), ...problems(409) } } },
    () => playbackOf(deps).state(),
  );
  api.post(
    "/playback",
    { onRequest: adminOnly(deps), schema: { tags: TAGS, operationId: "steerPlayback", summary: "Steer the replay", description: "For role admin: everybody who looks sees the same. Settles when it is done.", body: command, response: { ...json(200, playbackStateSchema, "The replay as it is now."), ...problems(404, 409, 413, 415) } } },
    async (request) => {
      const playback = playbackOf(deps);
      const asked = request.body as PlaybackCommand;
      if ("stream" in asked && asked.stream !== undefined && !(maySee(deps.accessOf(request), asked.stream) && deps.control()?.get(asked.stream))) {
        throw new PipelineError("E_STREAM_UNKNOWN", `there is no stream ${asked.stream}`);
      }
      await playback.command(asked);
      return playback.state();
    },
  );
}

/** @throws PipelineError E_NO_PLAYBACK */
function playbackOf({ playback }: ApiDeps): PlaybackControl {
  if (playback === undefined) throw new PipelineError("E_NO_PLAYBACK", "this server shows what is live; there is nothing to play");
  return playback;
}
