import { Command, CommanderError } from "commander";
import { PipelineError } from "../core/errors.js";
import { FLAGS, type Flag, type GivenFlags } from "./flags.js";
import { version } from "./package.js";

/** A command's work. Loaded only when it is asked for, so that `--help` costs nothing. Returns the exit status. */
export type Action = (sources: readonly string[], given: GivenFlags) => Promise<number>;

/** The commands' implementations. */
export interface Actions {
  readonly run: Action;
  readonly detect: Action;
  readonly eval: Action;
  readonly demo: Action;
  readonly probe: Action;
  readonly devices: Action;
  readonly check: Action;
  readonly models: Action;
  readonly runtime: Action;
  readonly worker: Action;
  readonly replay: Action;
  readonly log: Action;
  readonly query: Action;
  readonly token: Action;
  readonly export: Action;
  readonly render: Action;
  readonly bench: Action;
}

const EXAMPLES = {
  sightline: [
    ["sightline demo", "boxes on a moving street, in your browser, with no camera"],
    ["sightline run clip.mp4 --model yolo11n.onnx --out detections.jsonl", "every frame of a video"],
    ["sightline check", "is everything here that is needed?"],
  ],
  run: [
    ["sightline run clip.mp4 --out detections.jsonl", "every frame of a video, with the built-in model"],
    ["sightline run a.mp4 b.mp4 --model yolox_nano.onnx --labels coco --serve 8420", "two videos and a live page"],
    ["sightline run photos/ --classes person,car --conf 0.4 --out -", "a folder of pictures, records to standard output"],
    ["sightline run 'photos/**/*.jpg' --json", "a glob; the summary as JSON"],
    ["sightline run clip.mp4 --realtime --loop --serve 0.0.0.0:8420", "a file as if it were a camera, for the whole network; needs a token"],
    ["sightline run rtsp://USER:PASSWORD@camera/stream webcam --serve 8420", "a camera on the network and one at this machine"],
    ["ffmpeg ... -f mpegts - | sightline run - --out -", "standard input"],
    ["sightline run clip.mp4 --out detections.jsonl --save boxes.mp4", "also the video with its boxes, while it runs"],
    ["sightline run test:numbered?frames=5000", "the source that proves the order"],
  ],
  detect: [
    ["sightline detect street.jpg", "what is in a picture: JPEG, PNG, WebP, AVIF, TIFF, GIF (its first frame)"],
    ["sightline detect photos/ 'more/**/*.jpg' --model yolo11n.onnx --save seen/", "folders and globs; the pictures with their boxes"],
    ["sightline detect photos/ --jsonl --yolo labels/ --coco photos.json", "a line of JSON for each; labels for training tools"],
  ],
  eval: [
    ["sightline eval --model yolo11n.onnx --data coco/annotations/instances_val2017.json", "a COCO file; the pictures are looked for beside it"],
    ["sightline eval --model best.onnx --data dataset/data.yaml --split test --save report/", "a YOLO folder; curves and confusion matrix too"],
    ["sightline eval --model yolo11n.onnx --data truth.json --images photos/ --classes person,car --json", "two classes, for a script"],
  ],
  demo: [
    ["sightline demo", "opens the browser; Ctrl-C ends it"],
    ["sightline demo --no-open --serve 0.0.0.0:9000 --insecure-no-auth", "on a machine without a screen, for everybody near it"],
  ],
  probe: [
    ["sightline probe rtsp://USER:PASSWORD@camera/stream", "what it is, how long each step takes, or why it fails"],
    ["sightline probe 'test:bars?size=640x360&rate=15'", "works without a camera"],
    ["sightline probe clip.mp4 --json", "for a script"],
  ],
  devices: [
    ["sightline devices", "how each camera is written as a source, and what it delivers"],
    ["sightline run 'device:0?size=1280x720&rate=30&format=mjpeg'", "one of them, with its wishes"],
  ],
  check: [
    ["sightline check", "Node, FFmpeg, runtime, cores, the built-in model"],
    ["sightline check clip.mp4 --model yolo11n.onnx", "also this video with this model"],
    ["sightline check --json", "for a script"],
  ],
  models: [
    ["sightline models list", "the models that have a name, and which are at this machine"],
    ["sightline run clip.mp4 --model yolox-nano", "fetches it on first use; a word without a dot or a slash is a name"],
    ["sightline models pull yolox-s", "fetches it now, and goes on where an earlier pull was broken off"],
    ["sightline models info yolo11n.onnx", "what a file says of itself, and what runs it here"],
    ["sightline models import Downloads/yolox_nano.onnx", "for a machine without the network: which model it is, its digest says"],
    ["sightline models verify --json", "are all files what they should be?"],
    ["yolo export model=yolo11n.pt format=onnx && sightline run clip.mp4 --model yolo11n.onnx", "a model of Ultralytics: export it, nothing more is to be set"],
  ],
  runtime: [
    ["sightline runtime list", "what runs the models here: onnxruntime, which comes along, and OpenVINO where it is"],
    ["sightline runtime add openvino", "fetches OpenVINO's libraries with pip into your cache folder; no other package is touched"],
    ["PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels/ sightline runtime add openvino", "without a network: from a folder with the wheel"],
    ["sightline runtime remove openvino", "all of what was added; the system's own stays"],
  ],
  worker: [
    ["sightline worker --nats nats://broker:4222 --model yolo11n.onnx", "runs the model for whoever sends frames to this broker"],
    ["sightline worker --nats tls://broker:4222 --tls-ca ca.pem --credentials worker.creds --workers 4", "over TLS, with credentials, on four threads"],
    ["sightline run rtsp://camera/stream --mode queue --nats nats://broker:4222 --model yolo11n.onnx", "the other side: sends the frames of a camera"],
  ],
  replay: [
    ["sightline replay detections.jsonl --clip clip.mp4 --open", "what was seen, again: pause, step, seek and speed on the page"],
    ["sightline replay detections.jsonl --clip gate=gate.mp4 --clip yard=yard.mp4", "several streams, each with its clip"],
    ["sightline replay logs/ --stream gate --from 2026-11-20T10:00:00Z --speed 4", "a folder of logs, one stream of it, from a time of day on"],
    ["sightline replay detections.jsonl --speed max --once --json", "for a script: as fast as it can be read, to the end"],
  ],
  log: [
    ["sightline log verify detections.jsonl", "are all lines records, and is every frame number accounted for?"],
    ["sightline log verify detections.jsonl --repair", "takes out what is no record; the file as it was stays beside it"],
    ["sightline log compact detections.jsonl", "closed days become one Parquet file each; the open file is left alone"],
    ["sightline log compact 'logs/{stream}.jsonl' --dry-run", "what would be done with the logs of all streams"],
  ],
  query: [
    ["sightline query detections.jsonl", "the busiest streams"],
    ["sightline query detections.jsonl --report classes --step 1h --since 7d", "objects of each class by the hour, of a week"],
    ["sightline query detections.jsonl --report classes --plot terminal", "the same by the minute, drawn"],
    ["sightline query logs/ --report uptime --stream gate", "how much of the time a stream was there"],
    ["sightline query detections.jsonl --sql \"SELECT label, count(*) FROM objects WHERE score > 0.8 GROUP BY label\"", "a question of your own"],
    ["sightline query detections.jsonl --sql 'SELECT * FROM objects' --out objects.parquet", "everything, for another program"],
    ["sightline query --schema", "the views and their columns: frames, objects, states, events, gaps, stats, logs"],
  ],
  token: [
    ["sightline token add --role admin --name me", "prints the token, once"],
    ["sightline token add --streams gate,yard --name guard", "may look at two streams"],
    ["sightline token list", "names, roles and streams, never the tokens"],
    ["sightline token remove Ab3dE9xZ", "at once, also for who is logged in with it"],
  ],
  export: [
    ["sightline export detections.jsonl --format coco --out coco.json", "images, annotations and categories, for tools that read COCO"],
    ["sightline export detections.jsonl --format yolo --out labels/ --stream gate --min-score 0.5", "a folder of labels, of one stream"],
    ["sightline export logs/ --format csv --out day.csv --since 2026-11-20 --until 2026-11-21", "a row for each object of one day (UTC)"],
    ["sightline export detections.jsonl --format webvtt --out cues/ --classes person,car", "cues for a player, a file for each stream"],
  ],
  render: [
    ["sightline render clip.mp4 detections.jsonl --out boxes.mp4", "boxes on exactly their frames, with the sound of the clip"],
    ["sightline render clip.mp4 detections.jsonl --out boxes.mkv --min-score 0.5 --no-labels", "only what is sure, without words"],
    ["sightline render clip.mp4 logs/ --stream gate --out gate.mp4 --crf 18 --preset slow", "one stream of several; finer and smaller, and slower"],
  ],
  bench: [
    ["sightline bench", "the built-in clip and model"],
    ["sightline bench clip.mp4 --model yolox_nano.onnx --workers 2", "yours"],
    ["sightline bench clip.mp4 --model yolox_nano.onnx --density --seconds 15", "how many cameras this machine carries"],
    ["sightline bench --decode --seconds 10 --rounds 3", "what decoding costs, and what a wanted rate saves"],
    ["sightline bench clip.mp4 --modes --models yolox_nano.onnx,yolo11n.onnx --counts 1,2,4", "what each mode costs"],
    ["sightline bench --fanout --clients 1000 --idle 5000 --seconds 20", "how many subscribers it serves"],
    ["sightline bench --soak 10000 --json", "with the memory's growth, as JSON"],
  ],
} as const satisfies Record<string, readonly (readonly [string, string])[]>;

/**
 * Reads the command line and does what it says.
 * @returns the exit status
 * @throws PipelineError E_USAGE, and whatever the command throws
 */
export async function runProgram(args: readonly string[], actions: Actions): Promise<number> {
  let status = 0;
  const program = describe(new Command("sightline"), "Turns video into ordered detections, live.", EXAMPLES.sightline)
    .version(version(), "--version", "print the version")
    .option("--verbose", "print stack traces too")
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const add = (name: keyof Actions, usage: string, description: string): void => {
    const command = describe(program.command(`${name} ${usage}`.trim()), description, EXAMPLES[name]);
    for (const { flags, help, many } of FLAGS[name] as readonly Flag[]) {
      if (many === true) command.option(flags, help, (value: string, before: readonly string[] = []) => [...before, value]);
      else command.option(flags, help);
    }
    command.action(async () => {
      status = await actions[name](command.args, command.optsWithGlobals());
    });
  };
  add("run", "[SOURCE...]", "Detects objects in network streams, cameras, videos, pictures, folders or globs of pictures; each source is one stream.");
  add("detect", "[PICTURE...]", "Detects objects in still pictures, with all threads. Transparent parts count as black.");
  add("eval", "", "Measures how well a model finds what is in pictures: mAP and recall as COCO counts them, of all and of each class.");
  add("demo", "", "Plays the street that comes along, with boxes, on a page in the browser.");
  add("probe", "[SOURCE]", "Tells what a source is and how long each step to its first picture takes, or exactly why it fails.");
  add("devices", "", "Lists the cameras of this machine with their formats.");
  add("check", "[SOURCE]", "Looks whether everything that is needed is here and works; says what to do where it does not.");
  add("models", "<list|pull|info|verify|path|import> [NAME|FILE]", "Fetches models by name, brings in files of them, and tells what a model's file holds.");
  add("runtime", "<list|add|remove> [openvino]", "Lists what runs the models at this machine, and adds or removes OpenVINO, which is the faster one where the processor has AMX.");
  add("worker", "", "Runs the model on frames that other machines send through a NATS server, until it is told to stop.");
  add("replay", "[LOG...]", "Plays a recorded log, with its clip where there is one, on the live page and the feed: pause, step, seek, speed.");
  add("log", "<verify|compact> [LOG]", "Looks after detection logs.");
  add("query", "[LOG...]", "Answers questions about detection logs: ready reports, or SQL over the files as they lie (open, closed, packed, Parquet).");
  add("token", "<add|list|remove> [ID]", "Makes, lists and removes the tokens that let people and programs in.");
  add("export", "[LOG...]", "Writes logs in another format: COCO, YOLO, CSV, MOT or WebVTT.");
  add("render", "[CLIP] [LOG...]", "Burns the boxes of a log into the video that they were seen in.");
  add("bench", "[SOURCE]", "Measures the pipeline against bare sessions and against the plain way, in turn.");
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0 || error.code === "commander.help") throw usageError(error, args);
  }
  return status;
}

function describe(command: Command, description: string, examples: readonly (readonly [string, string])[]): Command {
  const lines = examples.flatMap(([line, what]) => [`  $ ${line}`, `      ${what}`]);
  return command
    .description(description)
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Commander's words in one line: `error: unknown option '--wokers'\n(Did you mean --workers?)`. */
function usageError({ code, message }: CommanderError, args: readonly string[]): PipelineError {
  if (code === "commander.help") return new PipelineError("E_USAGE", args.length === 0 ? "no command was given" : "a command is missing");
  const words = message.replace(/^error: /, "").replace(/\s*\n\s*\(Did you mean (.*)\?\)/, "; did you mean $1?");
  return new PipelineError("E_USAGE", words.trim().replace(/\s*\n\s*/g, " "));
}
