import type { PipelineError } from "../core/errors.js";
import type { FrameHeader, SkipCause } from "../core/frame.js";
import type { StateChange } from "../core/stream-state.js";
import type { InputRows, Letterbox, PixelForm } from "../model/index.js";
import type { YuvColours } from "../picture/index.js";
import type { SlotLease } from "../ring/index.js";

/** What a source says, in order. `ended` comes once, last. */
export type SourceEvent =
  /** A whole frame lies in the leased slot; whoever takes the event disposes the lease. */
  | {
      readonly type: "frame";
      readonly header: FrameHeader;
      readonly lease: SlotLease;
      readonly hasPicture: boolean;
      /** Where the picture lies in the model's input. */
      readonly letterbox: Letterbox;
      /** Which rows of the input the picture fills: the slot begins with them, full width, planes G, B, R. */
      readonly rows: InputRows;
      /** Unless it holds the picture at its own size (`source`), which is to be fitted there. */
      readonly pixels?: PixelForm;
    }
  /** A frame was decoded and numbered, but there was no room for its pixels. */
  | { readonly type: "skipped"; readonly header: FrameHeader; readonly cause: SkipCause }
  /** One picture of a folder could not be decoded; the others go on. */
  | { readonly type: "broken"; readonly header: FrameHeader; readonly error: PipelineError }
  /** A live source changed its state; at most a handful a second. A file says one only when its decoding fell back to software. */
  | ({ readonly type: "state" } & StateChange)
  /** No more frames. `error` null = the natural end or a wanted stop. */
  | { readonly type: "ended"; readonly error: PipelineError | null };

/** The pixels of a picture for people: 4:2:0, 8 bits, in the colours that the source states. */
export interface YuvPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Y plane, then U and V at half size (rounded up). Belongs to the taker. */
  readonly yuv420: Uint8Array;
  readonly colours: YuvColours;
}

/** The seam of everything that yields frames. Frames land in the ring given at opening. */
export interface Source extends AsyncDisposable {
  /** Live = newest first, frames may be skipped. Else lossless: the source waits for a free slot. */
  readonly live: boolean;
  /** What the container says it holds; null when it does not say, or when it never ends. */
  readonly expectedFrames: number | null;
  /** Begins to read. `emit` is called synchronously for each event and never after disposal has settled. */
  start(emit: (event: SourceEvent) => void): void;
  /** Whether it leaves out frames beyond the wanted rate by itself, as `max_fps`; those without a time of their own are left to who takes them. */
  readonly thins: boolean;
  /** Most frames a second that are wanted from now on; null = all. Of effect where it thins. */
  want(maxFps: number | null): void;
  /** Whether somebody looks: pictures are kept only then. May change at any time; the source runs on. */
  watch(watched: boolean): void;
  /** Hands over the picture of a frame, now or when it arrives: pixels and pictures come by different pipes. Never, when the frame has none or nobody watched. */
  takePicture(frame: number, deliver: (picture: YuvPicture) => void): void;
}
