import { PipelineError } from "../core/errors.js";

/** A flag of the command line. */
export interface Flag {
  /** As commander reads it. */
  readonly flags: string;
  readonly help: string;
  /** The setting it overrules; left out for flags that are no settings. */
  readonly key?: string;
  /** It may be given several times; its value is a list. */
  readonly many?: boolean;
}

const MODEL: readonly Flag[] = [
  { flags: "-m, --model <M>", key: "model.path", help: "ONNX file of a YOLO detector, or a name of sightline models list, which is fetched on first use; a word without a dot or a slash is a name (write ./NAME for such a file); builtin = the street model that comes along" },
  { flags: "--labels <FILE>", key: "model.labels", help: "class names, one a line; coco = COCO's 80 names" },
  { flags: "--model-family <F>", key: "model.family", help: "how its outputs are read, where the file leaves that open: yolov8, yolov5, end2end, yolox, rtdetr, detr, rfdetr" },
  { flags: "--model-task <T>", key: "model.task", help: "the same for what it gives: detect, segment, pose, obb, classify" },
  { flags: "--imgsz <PX>", key: "model.imgsz", help: "input size of a model that takes any: 640, or [height, width]" },
];
const DEVICE: Flag = { flags: "--device <WHICH>", key: "inference.device", help: "what runs the model: auto = cuda where its libraries are, else cpu; or cpu, cuda, tensorrt, coreml, directml, webgpu (experimental); with --runtime openvino cpu, gpu, npu" };
const RUNTIME: readonly Flag[] = [
  { flags: "--runtime <NAME>", key: "inference.runtime", help: "the library that runs the model: onnxruntime or openvino" },
  { flags: "--precision <P>", key: "inference.precision", help: "with openvino: f32, bf16, f16, or auto = the cheapest that the processor has by nature" },
];
const WORKERS: Flag = { flags: "-w, --workers <N>", key: "inference.workers", help: "threads that run the model, 1 to 64, or auto = one for each usable core" };
const DETECT: readonly Flag[] = [
  { flags: "--conf <SCORE>", key: "detect.conf", help: "least score of an object, 0 to 1" },
  { flags: "--iou <SHARE>", key: "detect.iou", help: "boxes of a class that overlap more are one object, 0 to 1" },
  { flags: "--classes <LIST>", key: "detect.classes", help: "only these, by name or number: car,bus" },
];
const MODE: Flag = { flags: "--mode <MODE>", key: "inference.mode", help: "where the model runs: threads = an instance in each thread; shared = one instance behind a lock, the least memory; processes = an instance in each child process, replaced when it crashes or hangs; queue = workers at any number of machines" };
const BROKER: readonly Flag[] = [
  { flags: "--nats <URL>", key: "inference.queue.url", help: "with --mode queue: the NATS server, nats://HOST:PORT or tls://HOST:PORT" },
  { flags: "--credentials <FILE>", key: "inference.queue.credentialsFile", help: "credentials (.creds) or NKey seed for it" },
  { flags: "--tls-ca <FILE>", key: "inference.queue.tls.caFile", help: "certificate of who has signed its certificate" },
];
const GATE: Flag = { flags: "--gate <WHICH>", key: "gate.kind", help: "which frames are looked at: none = all; motion = those in which something moves, the others end as still" };
const OUT: Flag = { flags: "-o, --out <FILE>", key: "log.path", help: "append the records to FILE, one JSON object a line; - = standard output" };
const SERVE: Flag = { flags: "--serve <[HOST:]PORT>", key: "serve", help: "show the live page there; port 0 = any free one" };
const NO_AUTH: Flag = { flags: "--insecure-no-auth", key: "serve.insecureNoAuth", help: "serve other machines without asking for a token" };
const TRANSPORT: Flag = { flags: "--rtsp-transport <tcp|udp>", key: "source.rtspTransport", help: "how RTSP pictures travel" };
const MAX_FPS: Flag = { flags: "--max-fps <N>", key: "live.maxFps", help: "look at no more frames a second of the video's own time, of each stream" };
const DECODE: Flag = { flags: "--decode <WHICH>", key: "source.decode", help: "decode all frames, noref = those that others refer to, keys = key frames alone; auto = the fewest that give --max-fps" };
const HWACCEL: Flag = { flags: "--hwaccel <WHICH>", key: "source.hwaccel", help: "decode on a graphics processor: auto, vaapi, cuda, videotoolbox, qsv; none = in software" };
const PREPROCESS: Flag = { flags: "--preprocess <WHO>", key: "source.preprocess", help: "who brings a picture to the model's input: ffmpeg, the faster; exact = to the letter as the models' own code" };
const CONFIG: Flag = { flags: "--config <FILE>", help: "settings file (YAML), also by SIGHTLINE_CONFIG; weaker than environment and flags" };
const json = (what: string): Flag => ({ flags: "--json", help: `print ${what} as one JSON object on standard output` });

const STILL_PREPROCESS: Flag = { ...PREPROCESS, help: "exact = pictures are brought to the model's input to the letter as the models' own code; default: sharp, the faster" };
const MEGAPIXELS: Flag = { flags: "--max-megapixels <N>", help: "a picture with more million pixels is refused before it is decoded; default 100" };

const ENCODING: readonly Flag[] = [
  { flags: "--codec <NAME>", help: "FFmpeg's encoder; default libx264" },
  { flags: "--crf <N>", help: "quality, 0 = best to 63; default 21" },
  { flags: "--preset <WORD>", help: "the encoder's word for fast or small; default veryfast" },
];

/** The flags of each command. */
export const FLAGS = {
  run: [
    ...MODEL,
    OUT,
    SERVE,
    NO_AUTH,
    DEVICE,
    ...RUNTIME,
    MODE,
    ...BROKER,
    WORKERS,
    ...DETECT,
    GATE,
    MAX_FPS,
    { flags: "--realtime", key: "source.realtime", help: "play a file at its own pace, as if it were a camera" },
    TRANSPORT,
    HWACCEL,
    PREPROCESS,
    DECODE,
    { flags: "--continue", help: "go on with the file of --out: a torn last line is cut away, frame numbers and epochs go on" },
    { flags: "--supervise", help: "begin again, with --continue, when the program crashes; a small parent process sees to it" },
    { flags: "--loop", key: "source.loop", help: "play a file again and again" },
    { flags: "--save <FILE>", help: "also write the video with its boxes: .mp4, .mov, .m4v or .mkv; of one video file" },
    { flags: "--force", help: "replace what is at --save" },
    CONFIG,
    json("the summary"),
  ],
  detect: [
    ...MODEL,
    ...DETECT,
    { flags: "--save <FOLDER>", help: "write the pictures with what was seen in them: PNG, GIF and TIFF as PNG, others as JPEG" },
    { flags: "--coco <FILE>", help: "write COCO's object detection format" },
    { flags: "--yolo <FOLDER>", help: "write YOLO's labels" },
    { flags: "--force", help: "replace what is at --save, --coco and --yolo" },
    { flags: "--strict", help: "end at the first picture that can't be looked at; else the others are done, and the status is 1" },
    STILL_PREPROCESS,
    DEVICE,
    ...RUNTIME,
    WORKERS,
    MEGAPIXELS,
    CONFIG,
    json("all results"),
    { flags: "--jsonl", help: "print one JSON object a line for each picture, as they come" },
  ],
  eval: [
    ...MODEL,
    { flags: "-d, --data <PATH>", help: "ground truth: a COCO file (.json), a YOLO data.yaml, or a folder with one of them or with images/ and labels/" },
    { flags: "--images <FOLDER>", help: "where the pictures of a COCO file are; default: looked for beside it" },
    { flags: "--split <NAME>", help: "which part of a YOLO data set: train, val or test; default val" },
    { flags: "--conf <SCORE>", help: "least score that counts, 0 to 1; default 0.001, as mAP asks for" },
    { flags: "--iou <SHARE>", help: "boxes of a class that overlap more are one object, 0 to 1; default 0.7" },
    { flags: "--classes <LIST>", help: "only these of the model's classes, by name or number: car,bus" },
    { flags: "--save <FOLDER>", help: "write precision-recall curve and confusion matrix (SVG), the report with both as JSON, and the detections as COCO results" },
    { flags: "--force", help: "replace what is at --save" },
    STILL_PREPROCESS,
    DEVICE,
    ...RUNTIME,
    WORKERS,
    MEGAPIXELS,
    CONFIG,
    json("the figures"),
  ],
  demo: [
    SERVE,
    NO_AUTH,
    OUT,
    DEVICE,
    ...RUNTIME,
    MODE,
    WORKERS,
    { flags: "--no-open", help: "do not open the browser" },
    CONFIG,
  ],
  probe: [...MODEL, MAX_FPS, DECODE, TRANSPORT, HWACCEL, CONFIG, json("what was found")],
  devices: [CONFIG, json("the cameras")],
  check: [...MODEL, DEVICE, ...RUNTIME, MODE, ...BROKER, CONFIG, json("the findings")],
  models: [...[...MODEL.slice(1), DEVICE, ...RUNTIME].map((flag) => ({ ...flag, help: `info: ${flag.help}` })), CONFIG, json("the answer")],
  runtime: [CONFIG, json("the answer")],
  worker: [
    DEVICE,
    ...RUNTIME,
    ...BROKER.map((flag) => ({ ...flag, help: flag.help.replace("with --mode queue: ", "") })),
    ...MODEL,
    { ...WORKERS, help: "threads that run the model, each with an instance of its own; auto = one for each usable core" },
    CONFIG,
    json("what it has done"),
  ],
  replay: [
    { flags: "--clip <[STREAM=]CLIP>", many: true, help: "video file that the records are of, for the pictures; once for each stream" },
    { flags: "--speed <X>", help: "times the pace of the recording, 0.1 to 16; max = as fast as the log is read; default 1" },
    { flags: "--from <T>", help: "begin there: seconds from the begin (90, 1:30), or a time of day (2026-11-20T10:00:00Z)" },
    { flags: "--stream <S>", help: "only this stream" },
    { ...SERVE, help: "show the page there; port 0 = any free one; default 8420, or the next free one" },
    NO_AUTH,
    { flags: "--loop", help: "begin again at the end" },
    { flags: "--once", help: "end when the log was played to its end" },
    { flags: "--open", help: "open the page in the browser" },
    CONFIG,
    json("what was played"),
  ],
  log: [
    { flags: "--dry-run", help: "compact: only tell what would be done" },
    { flags: "--repair", help: "verify: take out what is no record, and keep the file as it was beside it" },
    json("what was done"),
  ],
  query: [
    { flags: "--report <NAME>", help: "a ready report: busiest, classes, uptime, gaps, latency, seen; default busiest" },
    { flags: "--sql <SQL>", help: "instead: a question of your own; --schema lists what can be asked" },
    { flags: "--schema", help: "instead: list the views and their columns; needs no log" },
    { flags: "--since <TIME>", help: "with a report: from then on: 2026-11-20, 2026-11-20T10:30 (UTC), or how long ago: 90s, 15m, 2h, 7d" },
    { flags: "--until <TIME>", help: "with a report: before then" },
    { flags: "--stream <NAME...>", help: "with a report: only this stream; may be given again" },
    { flags: "--step <TIME>", help: "with --report classes: length of a row, such as 30s, 15m, 1h; default 1m" },
    { flags: "--format <FORMAT>", help: "table, csv, json or parquet; default: as the name after --out ends, else table" },
    { flags: "-o, --out <FILE>", help: "write the answer into FILE" },
    { flags: "--plot <terminal|svg>", help: "draw the answer: in the terminal, or as an SVG document" },
  ],
  token: [
    { flags: "--role <viewer|admin>", help: "add: what it may do, look or also change; default viewer" },
    { flags: "--streams <LIST>", help: "add: only these streams, by name: gate,yard; default all" },
    { flags: "--name <TEXT>", help: "add: what you call it, to know it again" },
    { flags: "--file <FILE>", key: "serve.tokensFile", help: "the file with the tokens" },
    CONFIG,
    json("the answer"),
  ],
  export: [
    { flags: "-f, --format <FORMAT>", help: "coco, csv, parquet (one file); yolo, mot, webvtt (a folder); masks, points and corners are in coco and yolo alone" },
    { flags: "-o, --out <PATH>", help: "the file or folder to write" },
    { flags: "--stream <NAME>", help: "only this stream; default all" },
    { flags: "--since <TIME>", help: "only frames captured then or later: 2026-11-20 or 2026-11-20T10:30:00Z; UTC where no zone is given" },
    { flags: "--until <TIME>", help: "only frames captured before" },
    { flags: "--min-score <SCORE>", help: "only objects of at least this score, 0 to 1" },
    { flags: "--classes <LIST>", help: "only these, by name or number: car,bus" },
    { flags: "--force", help: "replace what is at --out" },
    json("what was written"),
  ],
  render: [
    { flags: "-o, --out <FILE>", help: "the video to write: .mp4, .mov, .m4v or .mkv" },
    { flags: "--stream <NAME>", help: "whose boxes; needed where the log has several streams" },
    { flags: "--run <N>", help: "which run, where the log holds several of the stream; default the last" },
    { flags: "--min-score <SCORE>", help: "only objects of at least this score, 0 to 1" },
    { flags: "--no-labels", help: "boxes without words" },
    ...ENCODING,
    { flags: "--force", help: "replace what is at --out" },
    CONFIG,
    json("what was written"),
  ],
  bench: [
    ...MODEL,
    DEVICE,
    ...RUNTIME,
    MODE,
    ...BROKER,
    WORKERS,
    PREPROCESS,
    { flags: "--rounds <N>", help: "rounds of limit, pipeline, plain way; default 5" },
    { flags: "--seconds <S>", help: "measured time of each in each round; default 5" },
    { flags: "--density", help: "instead: how many cameras in real time this machine carries, at 5 and at 15 fps" },
    { flags: "--levers <LIST>", help: "with --density: a row for each of plain, decode, gate, openvino, all (separated by commas), with a quiet scene and a busy one" },
    { flags: "--gate", help: "instead: what the motion gate finds late or never, costs and saves, on scenes with known truth and on SOURCE" },
    { flags: "--decode", help: "instead: what FFmpeg costs of a stream of which 1, 5 or 15 fps are wanted, against decoding and scaling all of it" },
    { flags: "--modes", help: "instead: what each way to run the model costs (inference.mode), in one table" },
    { flags: "--runtimes", help: "instead: onnxruntime and openvino in turn, bare threads and the whole pipeline of each; openvino in the precision of --runtime openvino --precision" },
    { flags: "--stages", help: "instead: single stages (decoding, filling the input, masks) against a straightforward version of each" },
    { flags: "--models <LIST>", help: "with --modes and --stages: model files, separated by commas; default: --model" },
    { flags: "--counts <LIST>", help: "with --modes: numbers of workers, separated by commas; default 1,2,4" },
    { flags: "--fanout", help: "instead: how many subscribers of the feed this machine serves; clients run in another process" },
    { flags: "--clients <N>", help: "with --fanout: subscribers; default 1000" },
    { flags: "--rate <N>", help: "with --fanout: records a second to each; default 30" },
    { flags: "--objects <N>", help: "with --fanout: objects of each record; default 20" },
    { flags: "--sleepers <N>", help: "with --fanout: clients that never read, beside them; default 200" },
    { flags: "--idle <N>", help: "with --fanout: connections that ask for nothing, before them; default 0" },
    { flags: "--steps <N>", help: "with --fanout: most higher rates that are tried, each half as much again; default 12" },
    { flags: "--pipelines", help: "with --fanout: also a file and a live pipeline beside it" },
    { flags: "--soak <RECORDS>", help: "then watch the memory over so many records; default 0 = no" },
    CONFIG,
    json("the report"),
  ],
} as const satisfies Record<string, readonly Flag[]>;

/** What a command was given: the values by commander's names (`--max-fps` is `maxFps`). */
export type GivenFlags = Readonly<Record<string, unknown>>;

/** A flag's value on its way to the settings. */
export interface FlagValue {
  readonly flag: string;
  readonly key: string;
  readonly value: string | boolean | readonly string[];
}

/** The given flags that are settings, and the positional sources. */
export function settingsFlags(table: readonly Flag[], given: GivenFlags, sources: readonly string[]): FlagValue[] {
  const values = table.flatMap(({ flags, key }): FlagValue[] => {
    const flag = /--[\w-]+/.exec(flags)?.[0] ?? flags;
    const value = given[camelCase(flag.slice(2))];
    if (key === undefined || (typeof value !== "string" && typeof value !== "boolean")) return [];
    return key === "serve" ? serveValues(flag, String(value)) : [{ flag, key, value }];
  });
  return sources.length === 0 ? values : [...values, { flag: "SOURCE", key: "sources", value: sources }];
}

/** `8420`, `0.0.0.0:8420`, `[::1]:8420`. */
function serveValues(flag: string, text: string): FlagValue[] {
  const [, bracketed, host = bracketed, port = ""] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?([^:]+)$/.exec(text) ?? [];
  if (!/^\d+$/.test(port)) throw new PipelineError("E_USAGE", `${flag} is "${text}"; allowed: PORT or HOST:PORT with a port from 0 to 65535`);
  return [{ flag, key: "serve.port", value: port }, ...(host === undefined ? [] : [{ flag, key: "serve.host", value: host }])];
}

/** A flag that is a whole number and no setting. */
export function wholeNumber(given: GivenFlags, name: string, fallback: number, least: number, most: number): number {
  const text = given[camelCase(name)];
  if (text === undefined) return fallback;
  const number = typeof text === "string" && /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new PipelineError("E_USAGE", `--${name} is ${JSON.stringify(text)}; allowed: a whole number from ${least} to ${most}`);
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
