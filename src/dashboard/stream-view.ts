import { icon, iconButton, make, setText } from "./dom.js";
import { LAYERS, type Layers } from "./draw.js";
import { happeningRows } from "./events-view.js";
import { figuresPanel } from "./figures-panel.js";
import { healthOf, showInView, type View, type ViewParts } from "./live-view.js";
import { openScreen } from "./screen.js";
import { saveSnapshot } from "./snapshot.js";
import { stepping } from "./stepping.js";
import type { StreamModel } from "./stream-model.js";
import { zoomable } from "./zoom.js";

/** The view of one stream, and what keys do in it. */
export interface StreamView extends View {
  readonly model: StreamModel;
  step(by: number): void;
  zoomBy(factor: number): void;
  zoomReset(): void;
  snapshot(withBoxes: boolean): void;
  togglePause(): void;
}

/** What is told when something was chosen in the view that the whole page shows. */
export interface StreamViewParts extends ViewParts {
  readonly setLayer: (layer: keyof Layers, on: boolean) => void;
  readonly pausedChanged: () => void;
}

const EVENTS_SHOWN = 8;
const ZOOM_STEP = 1.5;

/** One stream, large: its picture, what can be done with it, its figures, what happened in it. */
export function streamView(model: StreamModel, parts: StreamViewParts): StreamView {
  const { store } = parts;
  const screen = openScreen(model, store, parts.drawn);
  const steps = stepping(model, store, () => {
    refreshPlayer();
    parts.pausedChanged();
  });
  const player = playerBar();
  const zoom = zoomable(screen, model, (factor) => setText(player.zoom, `${Math.round(factor * 100)} %`));
  const { header, pill, clock } = streamHead(model.name);
  const seen = make("ul", { class: "seen", "aria-label": "In view" });
  const figures = figuresPanel(model);
  const events = make("ul", { class: "rows" });
  figures.element.append(make("section", { class: "panel" }, make("h3", {}, "Events"), events));
  const main = make("div", { class: "stream-main" }, header, screen.element, player.element, seen, layerBar(parts));
  const element = make("section", { class: "view view-stream", "aria-label": `Stream ${model.name}` }, main, figures.element);
  const undo = model.onShown(({ picture }) => {
    setText(clock, `frame ${picture.frame}`);
    const shape = `${picture.widthPx} / ${picture.heightPx}`;
    if (screen.element.style.aspectRatio !== shape) screen.element.style.aspectRatio = shape;
  });
  const refreshPlayer = (): void => {
    player.playing.hidden = store.playback !== undefined;
    player.refresh(store.paused, steps.back, model.history.length);
  };
  const view: StreamView = {
    model,
    element,
    watched: () => [model.name],
    step: (by) => void steps.step(by),
    zoomBy: (factor) => zoom.by(factor),
    zoomReset: () => zoom.reset(),
    snapshot: (withBoxes) => void saveSnapshot(model, store, withBoxes),
    togglePause() {
      if (store.paused) return steps.resume();
      store.paused = true;
      refreshPlayer();
      parts.pausedChanged();
    },
    refresh() {
      const health = healthOf(model, store);
      screen.refresh(health);
      setText(pill, health.word);
      pill.dataset["tone"] = health.tone;
      showInView(seen, model);
      figures.refresh();
      refreshPlayer();
      happeningRows(events, store.happenings.items.filter(({ stream }) => stream === model.name).slice(-EVENTS_SHOWN), false);
    },
    redraw: () => screen.redraw(),
    [Symbol.dispose]() {
      undo();
      screen[Symbol.dispose]();
      figures[Symbol.dispose]();
      element.remove();
    },
  };
  player.connect(view);
  return view;
}

/** Name, state and frame number, above the picture. */
function streamHead(name: string) {
  const pill = make("span", { class: "pill" });
  const clock = make("span", { class: "dim frame-number" });
  const back = make("a", { class: "icon-button back", href: "#/", "aria-label": "All streams", title: "All streams" }, icon("grid"));
  return { pill, clock, header: make("header", { class: "stream-head" }, back, make("h2", {}, name), pill, clock) };
}

/** The row of buttons under the picture. */
function playerBar() {
  let view: StreamView | undefined;
  const pause = iconButton("pause", "Pause", () => view?.togglePause(), { class: "icon-button is-main" });
  const older = iconButton("step-back", "One picture back", () => view?.step(-1));
  const newer = iconButton("step-on", "One picture on", () => view?.step(1));
  const position = make("span", { class: "dim position" });
  const zoomOut = iconButton("minus", "Zoom out", () => view?.zoomBy(1 / ZOOM_STEP));
  const zoomIn = iconButton("plus", "Zoom in", () => view?.zoomBy(ZOOM_STEP));
  const zoom = make("button", { type: "button", class: "text-button", title: "Show all of the picture" }, "100 %");
  zoom.addEventListener("click", () => view?.zoomReset());
  const plain = make("button", { type: "button", class: "text-button", title: "Save the picture as it came" }, icon("save"), "Picture");
  plain.addEventListener("click", () => view?.snapshot(false));
  const boxes = make("button", { type: "button", class: "text-button", title: "Save the picture with what is drawn over it" }, icon("save"), "With boxes");
  boxes.addEventListener("click", () => view?.snapshot(true));
  const group = (name: string, ...children: Node[]): HTMLElement => make("div", { class: "group", role: "group", "aria-label": name }, ...children);
  const playing = group("Playing", older, pause, newer, position);
  return {
    zoom,
    /** Of what is live; a replay has a bar of its own. */
    playing,
    element: make("div", { class: "player" }, playing, group("Zoom", zoomOut, zoom, zoomIn), group("Save", plain, boxes)),
    connect: (to: StreamView) => void (view = to),
    refresh(paused: boolean, back: number, kept: number) {
      const name = paused ? "Go on, live" : "Pause";
      pause.setAttribute("aria-label", name);
      pause.title = name;
      pause.replaceChildren(icon(paused ? "play" : "pause"));
      setText(position, paused ? `paused, ${back} back of ${Math.max(0, kept - 1)}` : "live");
      older.disabled = kept < 2 || back >= kept - 1;
      newer.disabled = !paused || back === 0;
    },
  };
}

/** Switches for what is drawn over the picture. */
function layerBar({ store, setLayer }: StreamViewParts): HTMLElement {
  const buttons = LAYERS.map((layer) => {
    const button = make("button", { type: "button", class: "chip", "data-layer": layer, "aria-pressed": String(store.layers[layer]) }, layer);
    button.addEventListener("click", () => setLayer(layer, !store.layers[layer]));
    return button;
  });
  return make("div", { class: "layers", role: "group", "aria-label": "Drawn over the picture" }, ...buttons);
}
