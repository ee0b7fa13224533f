import { make, setText } from "./dom.js";
import { drawPair } from "./draw.js";
import type { Health } from "./health.js";
import type { Store } from "./store.js";
import type { ShownPair, StreamModel } from "./stream-model.js";
import { WHOLE, type Look } from "./viewport.js";
import { inView } from "./words.js";

/** The last picture drawn, for tests and the curious. Boxes are in source pixels. */
export interface DrawnFrame {
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  readonly lookedAt: boolean;
  readonly boxes: readonly (readonly number[])[];
  readonly canvas: HTMLCanvasElement;
}

/** A place where a stream's pictures are drawn. */
export interface Screen extends Disposable {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  look: Look;
  /** Draws what is shown again: the look or the layers have changed. */
  redraw(): void;
  /** Says over the picture what is wrong with the stream; once a second or so. */
  refresh(health: Health): void;
}

/** What the corner of the picture says when there are no boxes to trust. */
const markOf = ({ picture, record }: ShownPair): string => {
  if (!picture.lookedAt || !record) return "not looked at";
  if (record.outcome === "still") return record.unchangedSince === undefined ? "not looked at" : "still";
  return record.outcome === "detected" ? "" : `inference ${record.outcome}`;
};

/** What somebody who does not see the picture is told. */
const nameOf = (stream: string, pair: ShownPair | undefined): string => {
  if (!pair) return `${stream}: no picture yet`;
  const seen = inView(pair.record).map(({ label, count }) => `${label} ${count}`);
  return `${stream}: ${seen.length > 0 ? seen.join(", ") : "nothing found"}`;
};

/** Makes a place for a stream's pictures. `drawn` is told of each picture that was drawn for the first time. */
export function openScreen(model: StreamModel, store: Store, drawn: (frame: DrawnFrame) => void): Screen {
  const canvas = make("canvas", { role: "img", "aria-label": nameOf(model.name, model.shown) });
  const mark = make("span", { class: "screen-mark", hidden: "" });
  const title = make("strong");
  const code = make("span", { class: "code" });
  const detail = make("span");
  const notice = make("div", { class: "screen-notice", hidden: "" }, title, detail, code);
  const waiting = make("span", { class: "screen-waiting" }, "waiting for a picture");
  const element = make("div", { class: "screen", "data-stream": model.name }, canvas, waiting, mark, notice);
  const draw = (pair: ShownPair): void => drawPair(canvas, pair, { look: screen.look, layers: store.layers, trails: model.trails });
  const onPair = (pair: ShownPair): void => {
    if (!element.isConnected || canvas.clientWidth === 0) return;
    const words = markOf(pair);
    setText(mark, words);
    mark.hidden = words === "";
    waiting.hidden = true;
    draw(pair);
    const { epoch, frame, lookedAt } = pair.picture;
    drawn({ stream: model.name, epoch, frame, lookedAt, boxes: pair.record?.objects.map(({ box }) => box) ?? [], canvas });
  };
  const undo = model.onShown(onPair);
  const resized = new ResizeObserver(() => model.shown && onPair(model.shown));
  const screen: Screen = {
    element,
    canvas,
    look: WHOLE,
    redraw: () => model.shown && draw(model.shown),
    refresh(health) {
      canvas.setAttribute("aria-label", nameOf(model.name, model.shown));
      const isFine = health.tone === "good" || (health.tone === "idle" && health.detail === "") || (health.word === "connecting" && !model.shown && health.code === "");
      notice.hidden = isFine;
      notice.dataset["tone"] = health.tone;
      element.classList.toggle("is-old", !isFine && health.word !== "behind");
      // In a small tile the two would lie upon each other.
      waiting.hidden = model.shown !== undefined || !isFine;
      setText(title, health.word === "unknown" ? "not connected" : health.word);
      setText(detail, health.detail);
      setText(code, health.code);
    },
    [Symbol.dispose]() {
      undo();
      resized.disconnect();
    },
  };
  resized.observe(canvas);
  return screen;
}
