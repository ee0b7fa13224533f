import { DEVICES, PRECISIONS, RUNTIMES } from "../core/devices.js";
import { z } from "../core/schema.js";

/** Most worker threads that make sense: each holds its own copy of the model. */
const MOST_WORKERS = 64;
/** Widest picture for people, px; more would only cost the wire. */
const WIDEST_PICTURE_PX = 1920;
const HOUR_MS = 3_600_000;
/** A stream's weight against the others'; a thousandth of the heaviest is as good as never. */
const GREATEST_WEIGHT = 1000;
/** What streams and their labels may be called: it stands in records, addresses and logs. (No name reaches a prototype.) */
const NAME = /^(?!__proto__$)[A-Za-z0-9._-]{1,64}$/;
const LONGEST_LABEL = 256;
const LONGEST_SOURCE = 4096;

/** `auto` or a whole number. */
const autoOr = (least: number, most: number) => z.union([z.literal("auto"), z.int().min(least).max(most)]);
const oneOf = <const T extends readonly string[]>(...words: T) => z.union(words.map((word) => z.literal(word as T[number])));
const durationMs = (least: number) => z.int().min(least).max(HOUR_MS);
const shareOfOne = () => z.number().min(0).max(1);

const model = z.strictObject({
  path: z.string().min(1).default("builtin").describe("ONNX file of the detector, or a model's name: builtin = the small street model that comes with sightline; sightline models list shows the others, which are fetched on first use. A word without a dot or a slash is a name."),
  labels: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("File with one class name a line, or coco for COCO's 80 names; null = what the model itself says."),
  family: oneOf("yolov8", "yolov5", "end2end", "yolox", "rtdetr", "detr", "rfdetr").nullable().default(null).describe("How its outputs are read: yolov8 = YOLOv8, v9, 11, 12, v5u, YOLO26 with its raw head; yolov5 = with anchor boxes; end2end = YOLOv10, YOLO26, NMS in the graph; rtdetr = as Ultralytics exports it; detr = RT-DETR, D-FINE, DEIM with two inputs; null = found out from the file."),
  task: oneOf("detect", "segment", "pose", "obb", "classify").nullable().default(null).describe("What it gives; obb = turned boxes. null = found out from the file."),
  imgsz: z.union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])]).nullable().default(null).describe("Input of a model that takes any size, px: one side for both, or height and width; null = what the model says, else 640."),
});

const area = z.array(z.tuple([shareOfOne(), shareOfOne()])).min(3).max(1000);

const detect = z.strictObject({
  conf: shareOfOne().default(0.25).describe("Least score of an object. A classifier's best classes are always given."),
  classConf: z.record(z.string(), shareOfOne()).default({}).describe("Another least score for single classes, by name or number: {person: 0.5}."),
  iou: shareOfOne().default(0.45).describe("Two boxes of one class that overlap more than this (IoU) are the same object."),
  classes: z
    .array(z.union([z.string().min(1), z.int().min(0)]))
    .default([])
    .describe("Only these classes, by name or number; empty = all."),
  agnostic: z.boolean().default(false).describe("Whether boxes of different classes that overlap count as the same object too."),
  maxDetections: z.int().min(1).max(10_000).default(300).describe("Most objects of one frame; the best are kept."),
  regions: z.array(area).default([]).describe("Only objects that stand in one of these areas (the middle of the box's lower edge counts); each a list of corners [x, y] in shares of the picture, 0 to 1. Empty = everywhere."),
  ignore: z.array(area).default([]).describe("No objects that stand in one of these areas."),
  minBoxPx: z.number().min(0).default(0).describe("Least width and height of a box, px of the source."),
  maxBoxPx: z.number().min(1).default(100_000).describe("Greatest width and height of a box, px of the source."),
  masks: oneOf("rle", "polygon", "both", "none").default("rle").describe("Form of masks, with segmentation models: rle = COCO's run lengths; polygon = outlines; none = boxes alone."),
  topClasses: z.int().min(1).max(1000).default(5).describe("Most classes of a classification, best first."),
});

const gateGroup = z.strictObject({
  kind: oneOf("none", "motion").default("none").describe("none = every frame is inferred; motion = only those in which something moves. The others end as still: what was seen last is still there."),
  sensitivity: oneOf("low", "normal", "high").default("normal").describe("How much has to change: low = larger things, with contrast; high = also small and faint ones, and more false alarms."),
  holdMs: durationMs(0).default(2000).describe("Frames are inferred for so long after the last motion."),
  refreshMs: durationMs(100).default(10_000).describe("A frame is inferred at least so often, whatever moves."),
  ignore: z.array(area).default([]).describe("Areas where nothing counts as motion (a clock in the picture, a tree), as in detect.ignore."),
});

/** A group that may also be written as a word, which is its first key's. */
const gate = z.union([gateGroup.shape.kind.unwrap(), gateGroup]).transform((given) => (typeof given === "string" ? gateGroup.parse({ kind: given }) : given));

const queue = z.strictObject({
  url: z.string().min(1).default("nats://127.0.0.1:4222").describe("The NATS server between this program and its workers: nats://HOST:PORT, or tls://HOST:PORT; several of one cluster with commas between them."),
  user: z.string().min(1).nullable().default(null).describe("User at the broker; null = none, or the one in the URL."),
  password: z.string().min(1).nullable().default(null).describe("The user's password, shown nowhere; write ${NAME} for it, see secretsFile."),
  credentialsFile: z.string().min(1).nullable().default(null).describe("File with credentials (.creds) or an NKey seed."),
  tls: z
    .strictObject({
      caFile: z.string().min(1).nullable().default(null).describe("Certificates as PEM of who has signed the broker's; null = those that Node trusts."),
      certFile: z.string().min(1).nullable().default(null).describe("Our own certificate as PEM, where the broker asks for one."),
      keyFile: z.string().min(1).nullable().default(null).describe("Its private key as PEM."),
    })
    .nullable()
    .default(null)
    .describe("The connection has to be secure; null = it is where the broker offers it."),
  mostInFlight: z.int().min(1).max(128).default(16).describe("Most frames of one model that are out at once. Each stream keeps as many of them in memory."),
  ackWaitMs: durationMs(500).default(2000).describe("A frame whose worker gives no sign of life for so long goes to another worker."),
  mostDeliveries: z.int().min(1).max(100).default(4).describe("A frame of a file that so many workers were lost with is not handed out again."),
  liveMaxAgeMs: durationMs(100).default(2000).describe("A frame of a live stream that was sent so long ago ends as late."),
  streamMaxMiB: z.int().min(1).max(65_536).default(128).describe("Most memory at the broker for frames of files, and as much again for live ones. Where it is full, files wait."),
  frames: oneOf("raw", "jpeg").default("raw").describe("How frames travel. raw = the very pixels; jpeg = far fewer bytes, and no longer the very same detections."),
  jpegQuality: z.int().min(1).max(100).default(90).describe("Where they travel as jpeg."),
});

const inference = z
  .strictObject({
    mode: oneOf("threads", "shared", "processes", "queue").default("threads").describe("Where the model runs. threads = an instance in each of so many threads; shared = one instance behind a lock, its runs spread over the cores: the least memory; processes = an instance in each of so many child processes: one that crashes or hangs is replaced; queue = workers at any number of machines, see queue."),
    runtime: oneOf(...RUNTIMES).default("onnxruntime").describe("The library that runs the model. onnxruntime comes along; openvino is faster on Intel's processors where it may count in bf16, and has to be at this machine: sightline runtime add openvino."),
    openvinoPath: z.string().min(1).nullable().default(null).describe("OpenVINO's libraries or the folder that they are in; null = SIGHTLINE_OPENVINO, then what sightline runtime add has brought, then the system's."),
    precision: oneOf(...PRECISIONS).default("f32").describe("With runtime openvino: in what numbers the model is counted. auto = bf16 or f16 where the processor has that by nature, which is told at the start, else f32. A lower one moves weak scores a little; where it is not to be had that is an error."),
    device: oneOf(...DEVICES).default("auto").describe("What runs the model. With onnxruntime, auto = cuda where its libraries are beside onnxruntime and work, else cpu; the others are taken only by name (tensorrt builds its engine first, which takes minutes; webgpu is experimental), and when one is not available that is an error. With openvino it is cpu, gpu, npu (Intel's) or auto, which leaves it to OpenVINO. With a graphics processor one or two workers are enough."),
    workers: autoOr(1, MOST_WORKERS).default("auto").describe("Threads (or processes) that run the model, each with its own instance (shared: threads of the one instance); auto = one for each usable core."),
    frameTimeoutMs: durationMs(1).default(10_000).describe("A frame whose result has not come by then ends as late; in mode processes the process that has it is ended and replaced."),
    hangLimitMs: durationMs(1).default(30_000).describe("A model run that takes longer ends the whole run: it can't be ended alone (in mode processes it can, and is)."),
    queue: queue.prefault({}).describe("Mode queue: the broker and how frames go there. Workers are started with: sightline worker."),
    maxConsecutiveFailures: z.int().min(1).max(1_000_000).default(50).describe("So many failed frames one after another end the stream."),
  })
  .refine(({ runtime, precision }) => runtime === "openvino" || precision === "f32" || precision === "auto", {
    path: ["precision"],
    message: "a precision other than f32 needs inference.runtime openvino: onnxruntime counts a model as it was exported",
  })
  .refine(({ frameTimeoutMs, hangLimitMs }) => hangLimitMs >= frameTimeoutMs, {
    path: ["hangLimitMs"],
    message: "must not be less than inference.frameTimeoutMs: a frame has to be late before its run counts as hanging",
  });

const source = z.strictObject({
  ffmpegPath: z.string().min(1).default("ffmpeg").describe("FFmpeg 5.1 or newer."),
  ffprobePath: z.string().min(1).default("ffprobe").describe("The ffprobe that came with it."),
  realtime: z.boolean().default(false).describe("Plays a file at its own pace as if it were a camera: newest frame first, frames that come too fast are skipped and counted."),
  loop: z.boolean().default(false).describe("Plays a file again and again."),
  rtspTransport: oneOf("tcp", "udp").default("tcp").describe("How RTSP pictures travel; udp has less delay and may lose some."),
  hwaccel: oneOf("none", "auto", "vaapi", "cuda", "videotoolbox", "qsv").default("none").describe("Decoding on a graphics processor; where that does not work, it is told and done in software."),
  decode: oneOf("auto", "all", "noref", "keys").default("auto").describe("Which frames are decoded: all; noref = those that others refer to; keys = key frames, one every second or few; auto = the fewest that give live.maxFps, which is found out when the source is opened, and told."),
  everyNth: z.int().min(1).max(1000).default(1).describe("Only every n-th decoded frame (of a folder: every n-th picture) is scaled and looked at; the others count as max_fps. By count, whatever the rate; live.maxFps leaves out by time."),
  preprocess: oneOf("ffmpeg", "exact").default("ffmpeg").describe("Who brings a picture to the model's input. ffmpeg = FFmpeg's scaler, in the decoding process; exact = the resize that the models' own code uses (OpenCV's), to the letter, where the model runs: some 2 ms of a core for each frame of 768x432, a fifth fewer frames a second with the smallest YOLOX. Not in mode queue; a file that changes its picture size ends."),
  decodeThreads: autoOr(1, MOST_WORKERS).default("auto").describe("FFmpeg's decoder threads; auto = 1 up to 1080p and for key frames, above that the cores there are, shared by the streams."),
});

const live = z.strictObject({
  maxAgeMs: durationMs(1).default(500).describe("A live frame older than this is skipped instead of looked at."),
  maxFps: z.number().gt(0).max(1000).nullable().default(null).describe("Most frames a second that are looked at, of each stream, by its own time; null = as many as come. The others are left out before they are scaled, and where source.decode allows before they are decoded."),
  connectTimeoutMs: durationMs(100).default(10_000).describe("A live source that has not opened by then is tried again."),
  firstFrameTimeoutMs: durationMs(100).default(20_000).describe("An open live source that has not given a frame by then is tried again; the first frame has to wait for a key frame."),
  silenceTimeoutMs: durationMs(100).default(10_000).describe("A live source that gave no frame for so long is tried again; after half of it, it is stalled."),
  backoffMinMs: durationMs(1).default(1000).describe("Longest wait before the first retry; doubled with each further failure. Every wait is a random part of it."),
  backoffMaxMs: durationMs(1).default(60_000).describe("Longest wait between two tries, also after a wrong password and the like, which wait half a minute at least."),
  healthyAfterMs: durationMs(1).default(10_000).describe("A connection that gave frames for so long is healthy: the next failure waits as a first one does."),
});

/** A stream's own `live` keys are not compared: whatever they say, no wait is longer than `backoffMaxMs`. */
const checkedLive = live.refine(({ backoffMinMs, backoffMaxMs }) => backoffMaxMs >= backoffMinMs, {
  path: ["backoffMaxMs"],
  message: "must not be less than live.backoffMinMs",
});

const log = z.strictObject({
  path: z.string().min(1).nullable().default(null).describe("Log that the records are appended to, one JSON object a line; with {stream} in its file name each stream has one of its own; - = standard output, null = none."),
  rotate: z
    .strictObject({
      every: oneOf("none", "hour", "day").default("none").describe("A new file begins with each hour or day (UTC); the one before is closed as NAME.2026-11-20T10.jsonl."),
      maxMiB: z.number().min(0.1).max(1_048_576).nullable().default(null).describe("A new file begins as soon as this one has so many MiB; null = never for that reason."),
    })
    .prefault({})
    .describe("When a file of the log is closed and another one begun."),
  pack: oneOf("none", "gzip", "zstd").default("none").describe("How closed files are kept; zstd needs Node 22.15."),
  keep: z
    .strictObject({
      days: z.number().min(0.01).max(36_500).nullable().default(null).describe("Closed files are removed after so many days; null = never for that reason."),
      totalMiB: z.number().min(1).max(1_073_741_824).nullable().default(null).describe("While a log has more MiB in all, its oldest closed file is removed; null = never for that reason."),
    })
    .prefault({})
    .describe("How long closed files are kept."),
  emptyFrames: oneOf("all", "heartbeat", "none").default("all").describe("Records of frames in which nothing was seen, or nothing had changed (still): all; heartbeat = one each heartbeatMs; none. The next record says how many were left out (emptyBefore, stillBefore)."),
  heartbeatMs: durationMs(100).default(10_000).describe("With emptyFrames: heartbeat."),
  syncMs: durationMs(10).default(1000).describe("After a write it takes at most this long until what was written survives a power cut."),
  bufferMiB: z.int().min(2).max(1024).default(8).describe("So many MiB of records wait for a disk that is slow, or full while a live stream is there (a run of files alone ends then). Beyond that files wait, and live streams lose records, which the log tells as a gap."),
});

const tls = z.strictObject({
  certFile: z.string().min(1).meta({ description: "Certificate as PEM, with those between it and its root. Read again when it changes.", examples: ["server.crt"] }),
  keyFile: z.string().min(1).meta({ description: "Its private key as PEM.", examples: ["server.key"] }),
});

const serve = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("Address to listen on; 127.0.0.1 = this machine only, 0.0.0.0 = everybody who can reach it, which needs a token."),
  port: z.int().min(0).max(65_535).default(8420).describe("Port of the live page and its feed; 0 = any free one."),
  pictureFps: z.int().min(1).max(30).default(10).describe("Most pictures a second for each stream, sent only while somebody watches."),
  pictureWidthPx: z.int().min(64).max(WIDEST_PICTURE_PX).default(960).describe("Widest picture; smaller sources are not enlarged."),
  tokensFile: z.string().min(1).nullable().default(null).describe("File with the tokens that sightline token add makes, as hashes; null = sightline-tokens.json beside the settings file, or in the folder where the command runs. Where there are tokens everybody is asked for one, at this machine too. Read again when it changes."),
  insecureNoAuth: z.boolean().default(false).describe("Serves other machines although there is no token: everybody who can reach the address sees and changes everything. Of no effect where there are tokens."),
  allowedHosts: z.array(z.string().min(1)).default([]).describe("Names, without a port, under which the page is reached besides this machine's own; * = any."),
  allowedOrigins: z.array(z.string().regex(/^https?:\/\/[^/\s]+$/i)).default([]).describe("Pages elsewhere that may use the API and the feed, as https://app.example."),
  tls: tls.nullable().default(null).describe("Certificate for https; null = in the clear."),
  maxConnections: z.int().min(1).max(100_000).default(1024).describe("Most connections at a time; further ones are turned away."),
  maxConnectionsPerAddress: z.int().min(1).max(100_000).default(256).describe("Most connections of one address. Behind a proxy all come from one: raise it there."),
});

/** What the scheme of a source that came by the API may be. A file is not among them: see fileRoots. */
const API_SCHEMES = ["rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "udp", "test", "device"] as const;

const api = z.strictObject({
  schemes: z.array(oneOf(...API_SCHEMES)).default(["rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "test"]).describe("Kinds of sources that may be added through the API."),
  allowPrivate: z.boolean().default(false).describe("Whether such a source may lie at this machine or in a private network. Link-local addresses, and with them a cloud's metadata, are never opened."),
  fileRoots: z.array(z.string().min(1)).default([]).describe("Folders whose files may be added through the API, links followed; empty = none."),
});

/** The keys of a group without their defaults: what a stream leaves out is as the group itself says. */
function overridesOf<G extends z.ZodObject>(group: G): z.ZodType<Partial<z.output<G>>> {
  const shape = Object.entries(group.shape).map(([key, field]) => {
    const bare = field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : (field as z.ZodType);
    return [key, bare.exactOptional().describe((field as z.ZodType).description ?? "")] as const;
  });
  return z.strictObject(Object.fromEntries(shape)) as unknown as z.ZodType<Partial<z.output<G>>>;
}

const streamSchema = z.strictObject({
  source: z.string().min(1).max(LONGEST_SOURCE).meta({ description: "What is read, as in sources. A password in it is shown nowhere; write ${NAME} for one, see secretsFile.", examples: ["clip.mp4"] }),
  weight: z.number().gt(0).max(GREATEST_WEIGHT).default(1).describe("Share of the threads against the other streams of the same model, when there is more to look at than they can."),
  maxFps: live.shape.maxFps.unwrap().exactOptional().meta({ description: "Most frames a second that are looked at; left out = live.maxFps.", examples: [5] }),
  maxAgeMs: live.shape.maxAgeMs.unwrap().exactOptional().meta({ description: "A frame older than this is skipped; left out = live.maxAgeMs.", examples: [500] }),
  model: overridesOf(model).exactOptional().meta({ description: "Another model than model. With path alone the labels are the model's own.", examples: [{ path: "builtin" }] }),
  detect: overridesOf(detect).exactOptional().meta({ description: "What differs from detect.", examples: [{ classes: ["car"], conf: 0.4 }] }),
  gate: z.union([gateGroup.shape.kind.unwrap(), overridesOf(gateGroup)]).exactOptional().meta({ description: "What differs from gate; none and motion are short for its kind.", examples: ["motion"] }),
  live: overridesOf(live.omit({ maxFps: true, maxAgeMs: true })).exactOptional().meta({ description: "What differs from the other keys of live.", examples: [{}] }),
  sourceOptions: overridesOf(source).exactOptional().meta({ description: "What differs from source.", examples: [{ realtime: true, loop: true }] }),
  fromApi: z.boolean().exactOptional().meta({ description: "Whether it came by the API: then it is opened only as api allows. Written by the program.", examples: [true] }),
  required: z.boolean().default(true).describe("Whether /readyz says no while this stream is not live; one that has ended or was paused counts as well."),
  labels: z.record(z.string().regex(NAME), z.string().max(LONGEST_LABEL)).exactOptional().meta({ description: "Words of yours that stand beside the name in messages and figures.", examples: [{ site: "north" }] }),
});

/** What the HTTP API takes: never which program is started. */
export const apiStreamSchema = streamSchema
  .omit({ fromApi: true })
  .extend({ sourceOptions: overridesOf(source.omit({ ffmpegPath: true, ffprobePath: true })).exactOptional().meta({ description: "What differs from source; not its programs." }) })
  .meta({ id: "StreamSettings" });

/**
 * Every setting: its default, its unit in its name, what it does. Unknown keys are refused. From here come the checks of
 * file, environment and flags, config/schema.json, config/default.yaml and the README's table.
 */
export const settingsSchema = z.strictObject({
  sources: z.array(z.string().min(1)).default([]).describe("Addresses (rtsp, rtsps, http, https, rtmp, rtmps, srt, udp), cameras (webcam, device:0), video files, - = standard input, pictures, folders or globs of pictures, test:bars or test:numbered. Each is one stream."),
  streams: z
    .record(z.string().regex(NAME), streamSchema)
    .default({})
    .describe("Streams by name, each with what differs from the keys below. Left aside when sources are given on the command line. May be changed while the program runs."),
  secretsFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("File with a line NAME=VALUE for each ${NAME} that stands in a source; null, or a name that is not in it = the environment. Looked at each time the settings are read."),
  model: model.prefault({}).describe("What looks at the frames."),
  detect: detect.prefault({}).describe("Which objects are reported."),
  gate: gate.prefault({}).describe("Which frames are inferred at all. The word alone, none or motion, is short for its kind."),
  inference: inference.prefault({}).describe("What runs the model, and its limits."),
  source: source.prefault({}).describe("How frames are read."),
  live: checkedLive.prefault({}).describe("What is skipped when a live stream is faster than the model, and how patient a live source is."),
  log: log.prefault({}).describe("Where the records go, and how they are kept."),
  api: api.prefault({}).describe("What may be opened of sources that are added through the API; the settings file itself is trusted."),
  serve: serve.nullable().default(null).describe("The live page in the browser; null = not served."),
});

/** All settings, checked, with their defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;

/** One of `Settings.streams`. */
export type StreamSettings = z.output<typeof streamSchema>;
