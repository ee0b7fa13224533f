/**
 * Every error a user can meet, in one table. `exit` is the process's status: 2 = the command or the settings are wrong,
 * 1 = the run failed, 137 = we had to kill ourselves. `next` says what to do. README shows the same table.
 */
export const ERROR_TABLE = {
  E_AUTH: { exit: 1, what: "no token was shown, or a wrong one", next: "send the header Authorization: Bearer TOKEN, or log in at /login; sightline token add makes a token" },
  E_AUTH_SLOWED: { exit: 1, what: "too many wrong tokens came from this address", next: "wait as long as the header Retry-After says, then use the right one" },
  E_BENCH: { exit: 1, what: "the benchmark could not finish", next: "read the cause above; make sure that nothing else loads the machine" },
  E_CLIP: { exit: 2, what: "the clip is not the one that the records are of", next: "give the file that was recorded from, or leave --clip out" },
  E_CONFIG: { exit: 2, what: "the settings are wrong", next: "correct the keys named above; config/default.yaml lists all of them" },
  E_CONFIG_FILE: { exit: 2, what: "the settings file can't be read", next: "check the path after --config and the YAML at the line named" },
  E_CONSECUTIVE_FAILURES: { exit: 1, what: "too many frames failed one after another", next: "look at the cause; raise inference.maxConsecutiveFailures to go on regardless" },
  E_CRASHED: { exit: 1, what: "the program crashed again and again", next: "look at the lines above; try another model, onnxruntime build or FFmpeg" },
  E_DATASET: { exit: 1, what: "the ground truth is not as it should be", next: "correct the place that is named, or see what is read with: sightline eval --help" },
  E_DATASET_CLASSES: { exit: 1, what: "classes of the ground truth are not those of the model", next: "name the model's classes with --labels, or evaluate only those that both know with --classes" },
  E_DATASET_EMPTY: { exit: 1, what: "the ground truth has nothing that could be found", next: "give another --split, or other --classes; labels that lie beside the wrong pictures look the same" },
  E_DATASET_MISSING: { exit: 1, what: "files of the ground truth are not there", next: "check the paths in it; --images DIR says where the pictures of a COCO file are" },
  E_DEVICE: { exit: 1, what: "the camera can't be used", next: "see sightline devices for what is there; close other programs that use it" },
  E_EXPORT: { exit: 1, what: "the records do not fit the format", next: "export one stream at a time with --stream, or another format" },
  E_FFMPEG_ENDED: { exit: 1, what: "FFmpeg ended although it should not have", next: "try the same source with: ffmpeg -i SOURCE -f null -" },
  E_FFMPEG_MISSING: { exit: 1, what: "FFmpeg is not installed", next: "install FFmpeg 5.1 or newer, or give its path in source.ffmpegPath" },
  E_FFMPEG_OLD: { exit: 1, what: "FFmpeg is too old", next: "install FFmpeg 5.1 or newer, or give its path in source.ffmpegPath" },
  E_FORBIDDEN: { exit: 1, what: "that may not be done with this token, or from there", next: "use an admin's token; a page elsewhere has to stand in serve.allowedOrigins, a further name of this server in serve.allowedHosts" },
  E_HTTP_METHOD: { exit: 1, what: "the address does not take this method", next: "use one of those that the header Allow names" },
  E_HTTP_NOT_FOUND: { exit: 1, what: "there is nothing at this address", next: "see /api/docs for what there is" },
  E_HTTP_SIZE: { exit: 1, what: "the request is too long", next: "send less; a stream takes a few hundred bytes" },
  E_HTTP_TYPE: { exit: 1, what: "the body is of a kind that is not read here", next: "send JSON, with content-type: application/json" },
  E_HWACCEL: { exit: 1, what: "hardware decoding does not work here", next: "set source.hwaccel to none, or to what this machine has" },
  E_INFERENCE_FAILED: { exit: 1, what: "the model failed on a frame", next: "check the model with: sightline check --model M" },
  E_INSTANCE_BUSY: { exit: 1, what: "a model instance was called while it was busy", next: "give each caller its own instance, or share one with locked()" },
  E_INSTANCE_CLOSED: { exit: 1, what: "a model instance was called after it was closed", next: "close it when nobody needs it any more; ModelInstance.open() makes another" },
  E_INSTANCE_FULL: { exit: 1, what: "too many calls wait for a shared model instance", next: "call less often, raise maxWaiting of locked(), or give each caller its own instance" },
  E_INSTANCE_THREAD: { exit: 1, what: "a model instance was called by a thread that did not make it", next: "make an instance in each thread that uses one, with ModelInstance.open()" },
  E_INSTANCE_TIMEOUT: { exit: 1, what: "a call's turn at a shared model instance did not come in time", next: "raise timeoutMs, call less often, or give each caller its own instance" },
  E_INTERNAL: { exit: 1, what: "sightline itself is at fault", next: "run the same with --verbose and report what it prints" },
  E_LABELS: { exit: 2, what: "the labels can't be used", next: "give a file with one label a line, or coco" },
  E_LOG_EMPTY: { exit: 2, what: "the log holds no frames", next: "look at the lines above; give a log that sightline run --out has written" },
  E_LOG_FOREIGN: { exit: 1, what: "the file is no log of sightline", next: "give another path: nothing is appended to a file that is not ours" },
  E_LOG_LOCKED: { exit: 1, what: "another process writes this log", next: "stop it, or give this one another path" },
  E_LOG_MISSING: { exit: 2, what: "there is no log at the path", next: "give the path that was given as --out, one of its files, or their folder" },
  E_LOG_NOTHING: { exit: 1, what: "no record of the log matches", next: "widen what you choose by: --since, --until, --min-score, --classes or --run" },
  E_LOG_STREAM: { exit: 2, what: "the log has no such stream, or it has several and none was named", next: "give one of those named above as --stream" },
  E_LOG_NONE: { exit: 1, what: "no log is written", next: "start the program with --out FILE, or log.path in the settings" },
  E_MODEL_AMBIGUOUS: { exit: 1, what: "the model can be read in several ways", next: "say which: --model-family, --model-task, --labels, or the keys family, task, labels in a YAML file beside the model" },
  E_MODEL_DEVICE: { exit: 1, what: "the model can't be run on the device", next: "do what is said above, or set inference.device to auto or cpu" },
  E_MODEL_FAMILY: { exit: 1, what: "the model's family can't be known", next: "export it with its metadata (yolo export model=yolo11n.pt format=onnx), or say it: --model-family, or a YAML file beside it with family, task, labels, imgsz" },
  E_MODEL_FOLDER: { exit: 1, what: "the folder of weights can't be used", next: "make room in it, correct its permissions, or name another in SIGHTLINE_MODELS_FOLDER" },
  E_MODEL_IMPORT: { exit: 2, what: "the file is none of the models that have a name", next: "compare it with sightline models info NAME, which shows size and digest, and fetch it again" },
  E_MODEL_INPUTS: { exit: 1, what: "the model's inputs are not those of a detector", next: "use a model with one image input of shape 1x3xHxW in float32, float16 or uint8" },
  E_MODEL_INVALID: { exit: 1, what: "the file is not a whole ONNX model", next: "download or export the model again" },
  E_MODEL_MISSING: { exit: 1, what: "the model file does not exist", next: "check the path" },
  E_MODEL_NAME: { exit: 2, what: "no model has this name", next: "see sightline models list; a file is given by its path, such as ./model.onnx" },
  E_MODEL_NOT_PULLED: { exit: 1, what: "the model is known, but its weights are not at this machine", next: "fetch them with sightline models pull, or bring them with sightline models import" },
  E_MODEL_OUTPUT: { exit: 1, what: "the model's outputs can't be used", next: "check the model with: sightline check --model M" },
  E_MODEL_PRECISION: { exit: 1, what: "the model can't be run in the precision that was asked for", next: "set inference.precision to auto or f32, or run it where the processor has what it takes" },
  E_MODEL_REGISTRY: { exit: 2, what: "the registry of models can't be used", next: "correct the file that SIGHTLINE_MODELS_REGISTRY names, in the form of config/models.json" },
  E_MODEL_RUNTIME: { exit: 1, what: "the runtime can't run this model", next: "set inference.runtime to onnxruntime for this one" },
  E_MODEL_SIDECAR: { exit: 2, what: "the model's sidecar file can't be used", next: "it may hold the keys family, task, labels, imgsz, kptShape, decoded and preprocessing; correct or remove it" },
  E_MODEL_UNREADABLE: { exit: 1, what: "the model file can't be read", next: "check its permissions" },
  E_NOT_READY: { exit: 1, what: "the program is not ready for this yet", next: "ask again in a second; /readyz says what it waits for" },
  E_NO_PICTURE: { exit: 1, what: "no picture came in time", next: "look at the stream's state; it has pictures while it is live" },
  E_NO_PLAYBACK: { exit: 1, what: "no log is replayed here", next: "start a replay with: sightline replay LOG" },
  E_OUT_EXISTS: { exit: 2, what: "the output is there already", next: "choose another path, or replace it with --force" },
  E_OUT_FOLDER: { exit: 1, what: "the output folder does not exist", next: "create it, or change --out" },
  E_OUT_FULL: { exit: 1, what: "there is no room left for the output", next: "free some space; everything written before is whole" },
  E_OUT_WRITE: { exit: 1, what: "the output can't be written", next: "check the permissions of the folder, or change --out" },
  E_PERSIST: { exit: 1, what: "the change can't be kept in the settings file", next: "ask without persist, or change the file by hand" },
  E_PICTURE: { exit: 1, what: "the picture can't be used", next: "give it as a whole JPEG, PNG, WebP, AVIF, GIF or TIFF; a program may also give pixels, with data, widthPx, heightPx and channels" },
  E_PICTURE_PIXELS: { exit: 1, what: "the picture has more pixels than may be decoded", next: "make it smaller, or raise --max-megapixels where its origin is trusted" },
  E_POOL_STUCK: { exit: 137, what: "model runs hang and can't be ended from outside", next: "restart; if it happens again, try another model or onnxruntime build" },
  E_POOL_START: { exit: 1, what: "a worker could not load the model", next: "check the model with: sightline check --model M" },
  E_PORT_TAKEN: { exit: 1, what: "the port is in use", next: "choose another with --serve PORT, or 0 for any free one" },
  E_PULL_BROKEN: { exit: 1, what: "the weights did not come whole", next: "pull again, it goes on where it was broken off" },
  E_PULL_CORRUPT: { exit: 1, what: "what was fetched is not the model", next: "pull again; a proxy or a mirror may have changed it" },
  E_PULL_REFUSED: { exit: 1, what: "the server does not give the weights", next: "look whether the address opens in a browser" },
  E_PULL_UNREACHABLE: { exit: 1, what: "the server of the weights can't be reached", next: "check the network, and HTTPS_PROXY where there is a proxy" },
  E_QUERY: { exit: 1, what: "the query can't be answered", next: "correct the SQL at the place named above; sightline query --schema lists views and columns" },
  E_QUERY_MISSING: { exit: 1, what: "the database that answers queries is not here", next: "npm install @duckdb/node-api; for the image: docker build --build-arg QUERY=yes" },
  E_QUERY_SLOW: { exit: 1, what: "the answer takes too long", next: "ask for less time, with since and until, or at the command line: sightline query" },
  E_QUEUE_AUTH: { exit: 1, what: "the broker refuses our credentials, or what we may do with them", next: "check user, password or credentialsFile under inference.queue; they need sightline.>, $JS.API.>, $JS.ACK.> and _INBOX.>" },
  E_QUEUE_FULL: { exit: 1, what: "the broker has no room for the queues", next: "lower inference.queue.streamMaxMiB, or raise the broker's max_memory_store" },
  E_QUEUE_JETSTREAM: { exit: 1, what: "the broker has no JetStream", next: "start it with JetStream: nats-server -js" },
  E_QUEUE_MESSAGE: { exit: 1, what: "a message of the queue is not whole or not ours", next: "run the same version of sightline on all machines; look at who else publishes under sightline.>" },
  E_QUEUE_TLS: { exit: 1, what: "no secure connection to the broker could be made", next: "give the broker's CA in inference.queue.tls.caFile; its certificate must name the host of the URL" },
  E_QUEUE_UNREACHABLE: { exit: 1, what: "the broker can't be reached", next: "start it with: nats-server -js; check inference.queue.url" },
  E_RENDER_CLIP: { exit: 1, what: "log and clip do not fit together", next: "give the very file that the log was made from" },
  E_RENDER_ENCODER: { exit: 1, what: "FFmpeg can't encode the video as asked", next: "choose another --codec, --preset or ending of --out; ffmpeg -encoders lists what there is" },
  E_REPORT_UNKNOWN: { exit: 2, what: "there is no such report", next: "choose one of those that are named" },
  E_REQUEST: { exit: 2, what: "the request is not understood", next: "to the feed, send such as {\"type\":\"subscribe\",\"streams\":[\"*\"],\"topics\":[\"detections\"]}" },
  E_RUNTIME_ADD: { exit: 1, what: "the runtime could not be added or removed", next: "do what is said above, or install OpenVINO in another way and name its folder in inference.openvinoPath" },
  E_RUNTIME_BROKEN: { exit: 1, what: "the runtime's library is there but can't be used", next: "add it again: sightline runtime remove openvino, then sightline runtime add openvino" },
  E_RUNTIME_MISSING: { exit: 1, what: "the runtime is not at this machine, or not where it was said to be", next: "add it with sightline runtime add openvino, or name the folder of its libraries in inference.openvinoPath" },
  E_RUNTIME_VERSION: { exit: 1, what: "the runtime is of a version that is not known", next: "add a known one with sightline runtime add openvino, or name its folder in inference.openvinoPath" },
  E_SERVE: { exit: 1, what: "the address can't be served", next: "check the host and port after --serve" },
  E_SERVE_OPEN: { exit: 2, what: "the page would be open to everybody who can reach it", next: "make a token with: sightline token add; or say --insecure-no-auth" },
  E_SERVE_TLS: { exit: 2, what: "the certificate can't be used", next: "give a certificate and its key as PEM files in serve.tls" },
  E_SOURCE_AUDIO_ONLY: { exit: 1, what: "the source has sound but no video", next: "give one with a video stream" },
  E_SOURCE_AUTH: { exit: 1, what: "user name or password is missing or wrong", next: "write rtsp://USER:PASSWORD@HOST/..., with @ as %40 and / as %2F in them" },
  E_SOURCE_CODEC: { exit: 1, what: "the stream's codec can't be decoded", next: "set the camera to H.264, or install an FFmpeg with that decoder" },
  E_SOURCE_DISCONNECTED: { exit: 1, what: "the other side ended the stream", next: "nothing, a live source connects again; if it happens often, look at the network" },
  E_SOURCE_EMPTY: { exit: 1, what: "the file is empty", next: "check how it was written" },
  E_SOURCE_FORBIDDEN: { exit: 1, what: "a source that came by the API may not be opened", next: "give an address that the settings under api allow, or write the stream into the settings file" },
  E_SOURCE_MISSING: { exit: 1, what: "the source does not exist", next: "check the path" },
  E_SOURCE_NO_FRAMES: { exit: 1, what: "not one frame could be decoded", next: "try it with: ffplay SOURCE" },
  E_SOURCE_NO_IMAGES: { exit: 1, what: "no pictures were found", next: "give a folder or glob with jpg, png, webp, gif, tiff or avif files" },
  E_SOURCE_NOT_FOUND: { exit: 1, what: "the server has no such stream", next: "check the path of the address" },
  E_SOURCE_NOT_VIDEO: { exit: 1, what: "FFmpeg does not know this kind of source", next: "try it with: ffprobe SOURCE" },
  E_SOURCE_REFUSED: { exit: 1, what: "the connection or the request was refused", next: "check host and port, and whether the camera allows another viewer" },
  E_SOURCE_SCHEME: { exit: 2, what: "this kind of source is not supported", next: "give rtsp, rtsps, http, https, rtmp, rtmps, srt or udp, a file, a picture, a folder, a camera, - or test:bars" },
  E_SOURCE_SIZE: { exit: 1, what: "a picture of this size can't be taken at its own size", next: "set source.preprocess to ffmpeg" },
  E_SOURCE_STALLED: { exit: 1, what: "the stream is connected but silent", next: "nothing, a live source connects again; raise live.silenceTimeoutMs where pauses are usual" },
  E_SOURCE_TIMEOUT: { exit: 1, what: "no answer or no frame came in time", next: "see where it stops with: sightline probe SOURCE; raise live.connectTimeoutMs or live.firstFrameTimeoutMs" },
  E_SOURCE_TLS: { exit: 1, what: "no secure connection could be made", next: "check that the server speaks TLS at this port" },
  E_SOURCE_TRUNCATED: { exit: 1, what: "the file ends before it should", next: "all frames before the cut were delivered; copy the file again" },
  E_SOURCE_UNREACHABLE: { exit: 1, what: "the host can't be reached", next: "check its name and the network" },
  E_SOURCE_UNREADABLE: { exit: 1, what: "the source can't be read", next: "check its permissions" },
  E_STREAM_STATE: { exit: 1, what: "the stream is in a state that does not allow this", next: "look at its state first; one that is over can be restarted" },
  E_STREAM_TAKEN: { exit: 1, what: "there is a stream of that name already", next: "choose another name, or change that one with PUT" },
  E_STREAM_UNKNOWN: { exit: 1, what: "there is no such stream", next: "see /api/v1/streams for those that there are" },
  E_TOO_MANY: { exit: 1, what: "too many are asking for the same at once", next: "ask again later" },
  E_TELEMETRY: { exit: 1, what: "a thread could not make sure that onnxruntime's telemetry is off", next: "import sightline in the main thread before you start threads of your own, or start the program with ORT_DISABLE_TELEMETRY=1" },
  E_TOKENS: { exit: 2, what: "the file with the tokens can't be used", next: "correct or remove the file that serve.tokensFile names; sightline token add makes a new one" },
  E_USAGE: { exit: 2, what: "the command line is wrong", next: "see sightline --help" },
  E_WORKER_EXITED: { exit: 1, what: "a worker ended by itself", next: "it was replaced; look at the lines above" },
  E_WORKER_START: { exit: 1, what: "no worker is left, and none can be started any more", next: "look at the cause above (memory, or a model file that was changed), then start again" },
  E_FRAME_LATE: { exit: 1, what: "a frame's result did not come in time", next: "lower the load, use a smaller model, or raise inference.frameTimeoutMs" },
  E_STOPPED: { exit: 1, what: "the run was stopped before this frame was done", next: "nothing; it was asked for" },
} as const satisfies Record<string, { exit: number; what: string; next: string }>;

/** A key of the table. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** An error as it crosses a thread, a socket or a record: plain data, no stack. */
export interface ErrorWire {
  readonly code: ErrorCode;
  readonly message: string;
}

/** An error with a code of the table. `message` says what was seen, against what was allowed; it holds no secrets. */
export class PipelineError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "PipelineError";
    this.code = code;
  }

  /** Plain data for another thread or a record. */
  toWire(): ErrorWire {
    return { code: this.code, message: this.message };
  }
}

/** Makes a PipelineError of whatever was thrown: kept when it is one, else wrapped under `fallback`. */
export function asPipelineError(thrown: unknown, fallback: ErrorCode): PipelineError {
  if (thrown instanceof PipelineError) return thrown;
  return new PipelineError(fallback, messageOf(thrown), { cause: thrown });
}

/** What was thrown, in its own words. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The system's own code for what went wrong, such as ENOENT; what was thrown as text where it has none. */
export function systemCodeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}
