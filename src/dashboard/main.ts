import { byId } from "./dom.js";
import { LAYERS, type Layers } from "./draw.js";
import { eventsView } from "./events-view.js";
import { openFeed } from "./feed.js";
import { filterPanel } from "./filter-panel.js";
import { NO_FILTER } from "./filter.js";
import { inspectorView } from "./inspector-view.js";
import { listenToKeys, type KeyActions } from "./keyboard.js";
import { liveView, streamHref, type View } from "./live-view.js";
import { logView } from "./log-view.js";
import { playbackBar } from "./playback-bar.js";
import { reportsView } from "./reports-view.js";
import type { DrawnFrame } from "./screen.js";
import { showStatus } from "./status.js";
import { makeStore } from "./store.js";
import type { StreamModel } from "./stream-model.js";
import { streamView, type StreamView } from "./stream-view.js";
import { storedTheme, themeAfter, wear } from "./theme.js";

declare global {
  interface Window {
    /** What the page shows, readable from outside; each drawing is also told as the event "sightline:drawn". */
    sightline: { lastDrawn: DrawnFrame | undefined; drawings: number };
  }
}

/** How often figures are brought up to date, ms. */
const REFRESH_MS = 500;
/** How far a key seeks in a replay, ms. */
const SEEK_MS = 5000;

window.sightline = { lastDrawn: undefined, drawings: 0 };
let theme = storedTheme();
wear(theme);

const streams = new Map<string, StreamModel>();
const store = makeStore(streams, NO_FILTER);
const main = byId("main");
let view: View | undefined;
let shownKey = "";

/** Pictures are drawn when the browser draws, all streams together; a hidden tab never gets here. */
let drawAsked = false;
function arrived(): void {
  if (drawAsked) return;
  drawAsked = true;
  requestAnimationFrame(() => {
    drawAsked = false;
    for (const model of streams.values()) model.advance(store.paused, store.playback ? null : store.aheadMs);
  });
}

function drawn(frame: DrawnFrame): void {
  window.sightline.lastDrawn = frame;
  window.sightline.drawings += 1;
  window.dispatchEvent(new CustomEvent("sightline:drawn", { detail: frame }));
}

const feed = openFeed(store, streams, arrived);
const filters = filterPanel(store, (filter) => feed.filter(filter));
const watchedChanged = (): void => feed.watch(document.hidden ? [] : (view?.watched() ?? []));
const asStream = (): StreamView | undefined => (view && "model" in view ? (view as StreamView) : undefined);

const replay = playbackBar(store, () => asStream()?.model.name);
main.after(replay.element);

function setLayer(layer: keyof Layers, on: boolean): void {
  store.layers = { ...store.layers, [layer]: on };
  for (const chip of document.querySelectorAll<HTMLElement>(`[data-layer="${layer}"]`)) chip.setAttribute("aria-pressed", String(on));
  view?.redraw();
}

function togglePause(): void {
  if (store.playback) replay.toggle();
  else setPaused(!store.paused);
}

function setPaused(paused: boolean): void {
  const stream = asStream();
  if (stream && store.paused !== paused) return stream.togglePause();
  store.paused = paused;
  pausedChanged();
}

function pausedChanged(): void {
  const button = byId("pause");
  const isPaused = store.playback ? store.playback.message.state !== "playing" : store.paused;
  const name = store.playback ? (isPaused ? "Go on with the replay" : "Pause the replay") : isPaused ? "Go on, live" : "Pause all pictures";
  button.setAttribute("aria-pressed", String(isPaused));
  button.setAttribute("aria-label", name);
  button.title = name;
  button.querySelector("use")!.setAttribute("href", isPaused ? "#i-play" : "#i-pause");
  showStatus(store);
}

/** The stream that the address names; where there is only one, it is the first page. */
function streamOfAddress(): StreamModel | undefined {
  const name = /^#\/stream\/(.+)$/.exec(location.hash)?.[1];
  if (name !== undefined) return streams.get(decodeURIComponent(name));
  const isHome = location.hash === "" || location.hash === "#/";
  return isHome && streams.size === 1 ? [...streams.values()][0] : undefined;
}

function makeView(stream: StreamModel | undefined): View {
  const parts = { store, drawn, watchedChanged };
  if (stream) return streamView(stream, { ...parts, setLayer, pausedChanged });
  switch (location.hash) {
    case "#/events": return eventsView(store);
    case "#/inspector": return inspectorView(store);
    case "#/reports": return reportsView();
    case "#/log": return logView(store);
    default: return liveView(parts);
  }
}

/** Models stand for themselves: after a restart of the server a stream of the same name is another one. */
const modelIds = new WeakMap<StreamModel, number>();
let lastModelId = 0;
function idOf(model: StreamModel | undefined): number {
  if (!model) return 0;
  const id = modelIds.get(model) ?? (lastModelId += 1);
  modelIds.set(model, id);
  return id;
}

function route(): void {
  const stream = streamOfAddress();
  const page = stream ? "stream" : /^#\/(events|inspector|log|reports)$/.exec(location.hash)?.[1] ?? "live";
  const key = `${page} ${idOf(stream)}`;
  if (key === shownKey) return;
  shownKey = key;
  view?.[Symbol.dispose]();
  view = makeView(stream);
  document.body.dataset["view"] = page;
  main.replaceChildren(view.element);
  for (const link of document.querySelectorAll<HTMLAnchorElement>("nav a")) {
    const isCurrent = link.dataset["page"] === (page === "stream" ? "live" : page);
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = stream ? `${stream.name} · sightline` : "sightline";
  // What was shown before is drawn at once, not with the next picture.
  requestAnimationFrame(() => stream?.shown && stream.show(stream.shown));
  view.refresh();
  watchedChanged();
}

function refresh(): void {
  if (document.hidden) return;
  showStatus(store);
  filters.refresh();
  view?.refresh();
}

function changeTheme(): void {
  theme = themeAfter(theme);
  wear(theme);
  const button = byId("theme");
  button.title = `Colours: ${theme}`;
  button.setAttribute("aria-label", `Colours: ${theme}`);
  view?.refresh();
}

/** The stream after or before the shown one, around. */
function neighbour(by: number): void {
  const names = [...streams.keys()];
  const at = names.indexOf(asStream()?.model.name ?? "");
  const name = names[(at + by + names.length) % Math.max(1, names.length)];
  if (name !== undefined) location.hash = streamHref(name);
}

const help = byId<HTMLDialogElement>("help");
const go = (hash: string) => (): void => void (location.hash = hash);

function actions(): KeyActions {
  const stream = asStream();
  const digits = Object.fromEntries([...streams.keys()].slice(0, 9).map((name, i) => [String(i + 1), go(streamHref(name))]));
  const layers = Object.fromEntries(LAYERS.map((layer) => [layer[0]!, () => setLayer(layer, !store.layers[layer])]));
  return {
    ...digits,
    ...layers,
    "?": () => help.showModal(),
    g: go("#/"), Escape: go("#/"), e: go("#/events"), i: go("#/inspector"), o: go("#/log"), r: go("#/reports"),
    f: () => byId("filter").togglePopover(),
    c: changeTheme,
    " ": togglePause,
    n: () => neighbour(1),
    p: () => neighbour(-1),
    ...(stream && {
      ArrowLeft: () => stream.step(-1), ArrowRight: () => stream.step(1),
      "+": () => stream.zoomBy(1.5), "-": () => stream.zoomBy(1 / 1.5), "0": () => stream.zoomReset(),
      s: () => stream.snapshot(true), S: () => stream.snapshot(false),
    }),
    ...(store.playback && {
      ArrowLeft: () => replay.step(-1, stream?.model.name), ArrowRight: () => replay.step(1, stream?.model.name),
      ",": () => replay.seekBy(-SEEK_MS), ".": () => replay.seekBy(SEEK_MS),
      "<": () => replay.changeSpeed(-1), ">": () => replay.changeSpeed(1),
    }),
  };
}

listenToKeys(actions);
feed.onStreams(() => {
  route();
  view?.refresh();
  watchedChanged();
});
feed.onPlayback(() => {
  replay.refresh();
  pausedChanged();
  view?.refresh();
});
byId("pause").addEventListener("click", togglePause);
byId("theme").addEventListener("click", changeTheme);
byId("help-open").addEventListener("click", () => help.showModal());
window.addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => {
  watchedChanged();
  refresh();
});
setInterval(refresh, REFRESH_MS);
route();
pausedChanged();
