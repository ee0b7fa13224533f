import { iconButton, make, setText } from "./dom.js";
import { fitTiles } from "./fit-tiles.js";
import { streamHealth, type Health } from "./health.js";
import { colourOf } from "../core/class-colours.js";
import { openScreen, type DrawnFrame, type Screen } from "./screen.js";
import type { Store } from "./store.js";
import type { StreamModel } from "./stream-model.js";
import { inView, lostOf, shareWords } from "./words.js";

/** A view of the page. */
export interface View extends Disposable {
  readonly element: HTMLElement;
  /** Streams whose pictures it wants now. */
  watched(): string[];
  /** Brings figures up to date; called twice a second while the view is seen. */
  refresh(): void;
  /** Draws again: a layer was switched. */
  redraw(): void;
}

/** What views are made with. */
export interface ViewParts {
  readonly store: Store;
  readonly drawn: (frame: DrawnFrame) => void;
  /** What `watched` says may have changed. */
  readonly watchedChanged: () => void;
}

/** Address of a stream's own view. */
export const streamHref = (name: string): string => `#/stream/${encodeURIComponent(name)}`;

/** How a stream does, now. In a replay no stream does anything by itself. */
export function healthOf(model: StreamModel, store: Store): Health {
  const connected = store.connection.state === "open";
  const state = connected ? store.playback?.message.state : undefined;
  if (state !== undefined) return { tone: state === "playing" ? "good" : "idle", word: state, detail: "", code: "" };
  return streamHealth({ ...model.facts(), connected }, performance.now());
}

interface Tile extends Disposable {
  readonly model: StreamModel;
  readonly element: HTMLElement;
  readonly screen: Screen;
  refresh(): void;
}

/** What is above and below the grid, px: the bar and the page's edges. */
const CHROME_PX = 56 + 16 + 20;
/** Narrower windows have one column; as in the style sheet. */
const PHONE_PX = 720;

/** The grid of all streams. Only what can be seen is asked for. */
export function liveView({ store, drawn, watchedChanged }: ViewParts): View {
  const empty = make("p", { class: "empty" }, "Waiting for the first stream.");
  const grid = make("div", { class: "grid" });
  const element = make("section", { class: "view view-live", "aria-label": "All streams" }, make("h2", { class: "unseen" }, "All streams"), empty, grid);
  const tiles = new Map<string, Tile>();
  const inSight = new Set<Element>();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) inSight.add(target);
      else inSight.delete(target);
    }
    watchedChanged();
  }, { rootMargin: "120px" });

  const sync = (): void => {
    for (const [name, tile] of tiles) {
      if (store.streams.get(name) === tile.model) continue;
      tile[Symbol.dispose]();
      observer.unobserve(tile.element);
      inSight.delete(tile.element);
      tiles.delete(name);
    }
    for (const [name, model] of store.streams) {
      if (tiles.has(name)) continue;
      const tile = openTile(model, store, drawn);
      tiles.set(name, tile);
      grid.append(tile.element);
      observer.observe(tile.element);
    }
    empty.hidden = tiles.size > 0;
    fit();
  };
  const fit = (): void => {
    const { columns, tileWidthPx } = fitTiles(tiles.size, { width: grid.clientWidth, height: innerHeight - CHROME_PX }, innerWidth <= PHONE_PX);
    grid.style.setProperty("--columns", String(columns));
    grid.style.setProperty("--tile-width", `${tileWidthPx}px`);
  };
  const resized = new ResizeObserver(fit);
  resized.observe(document.documentElement);
  sync();
  return {
    element,
    watched: () => [...tiles.values()].filter((tile) => inSight.has(tile.element)).map(({ model }) => model.name),
    refresh() {
      sync();
      for (const tile of tiles.values()) if (inSight.has(tile.element)) tile.refresh();
    },
    redraw: () => tiles.forEach(({ screen }) => screen.redraw()),
    [Symbol.dispose]() {
      observer.disconnect();
      resized.disconnect();
      for (const tile of tiles.values()) tile[Symbol.dispose]();
    },
  };
}

function openTile(model: StreamModel, store: Store, drawn: (frame: DrawnFrame) => void): Tile {
  const screen = openScreen(model, store, drawn);
  const link = make("a", { class: "tile-name", href: streamHref(model.name) }, model.name);
  const pill = make("span", { class: "pill" });
  const seen = make("ul", { class: "seen", "aria-label": "In view" });
  const figures = make("p", { class: "tile-figures" });
  const open = iconButton("expand", `Open ${model.name}`, () => (location.hash = streamHref(model.name)), { class: "icon-button tile-open", tabindex: "-1", "aria-hidden": "true" });
  const element = make("article", { class: "tile" }, screen.element, open, make("header", {}, make("h3", {}, link), pill), make("footer", {}, seen, figures));
  screen.element.addEventListener("click", () => link.click());
  const tile: Tile = {
    model,
    element,
    screen,
    refresh() {
      const health = healthOf(model, store);
      screen.refresh(health);
      setText(pill, health.word);
      pill.dataset["tone"] = health.tone;
      setText(figures, figuresOf(model));
      showInView(seen, model);
    },
    [Symbol.dispose]() {
      screen[Symbol.dispose]();
      element.remove();
    },
  };
  tile.refresh();
  return tile;
}

function figuresOf(model: StreamModel): string {
  const { stats } = model;
  if (!stats || stats.decoded === 0) return "";
  const lost = lostOf(stats);
  const { inferred } = model.rates();
  return [`${inferred.toFixed(1)} of ${stats.fps.in.toFixed(1)} fps`, `p95 ${stats.latencyMs.p95.toFixed(0)} ms`, `${shareWords(lost, stats.decoded)} dropped`].join("  ·  ");
}

/** What is in the picture now, most first, each with its colour. */
export function showInView(list: HTMLElement, model: StreamModel): void {
  const seen = inView(model.shown?.record ?? null);
  const key = JSON.stringify(seen);
  if (list.dataset["key"] === key) return;
  list.dataset["key"] = key;
  const rows = seen.map(({ label, classId, count }) => {
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = colourOf(classId);
    return make("li", {}, swatch, `${label} `, make("b", {}, String(count)));
  });
  list.replaceChildren(...rows);
}
