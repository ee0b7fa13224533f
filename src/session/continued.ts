import type { FrameHeader } from "../core/frame.js";
import type { Source, SourceEvent } from "../source/index.js";

/** Where a stream's numbers stand. */
export interface Numbers {
  /** Frame numbers given so far. */
  frames: number;
  /** Epochs begun so far. */
  epochs: number;
}

/**
 * A source whose numbers go on where those of the stream's last source ended: in a stream's life no number is given
 * twice. `numbers` is brought up to date with each frame.
 */
export function continued(source: Source, numbers: Numbers): Source {
  const before = { ...numbers };
  const isFirst = before.frames === 0 && before.epochs === 0;
  const moved = (header: FrameHeader): FrameHeader => ({ ...header, frame: header.frame + before.frames, epoch: header.epoch + before.epochs });
  const counted = (event: SourceEvent): SourceEvent => {
    // A state before the first frame of this source is of the epoch that was; with `live` its own begins.
    if (event.type === "state") return { ...event, epoch: event.state === "live" ? event.epoch + before.epochs : Math.max(1, numbers.epochs) };
    if (!("header" in event)) return event;
    const header = isFirst ? event.header : moved(event.header);
    numbers.frames = header.frame + 1;
    numbers.epochs = header.epoch;
    return isFirst ? event : { ...event, header };
  };
  return {
    // A source's figures may change while it runs, so they are asked for each time.
    get live() {
      return source.live;
    },
    get expectedFrames() {
      return source.expectedFrames;
    },
    get thins() {
      return source.thins;
    },
    want: (maxFps) => source.want(maxFps),
    start: (emit) => source.start((event) => emit(counted(event))),
    watch: (watched) => source.watch(watched),
    takePicture: (frame, deliver) => source.takePicture(frame - before.frames, deliver),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
