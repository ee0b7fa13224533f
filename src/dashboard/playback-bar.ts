import type { Playback } from "../wire/index.js";
import { icon, iconButton, make, setText } from "./dom.js";
import { steering } from "./steer.js";
import type { Store } from "./store.js";
import { clockText, dayWords, clockWords } from "./words.js";

/** What steers the replay of a log. Shown only where the server replays one. */
export interface PlaybackBar {
  readonly element: HTMLElement;
  toggle(): void;
  /** To the next frame, or to the one before; of a stream, or of any. */
  step(frames: 1 | -1, stream: string | undefined): void;
  /** So much playing time on; negative = back. */
  seekBy(ms: number): void;
  /** To the next higher speed (1) or lower one (-1). */
  changeSpeed(by: 1 | -1): void;
  /** Brings it up to date. */
  refresh(): void;
}

const SPEEDS: readonly Playback["speed"][] = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, "max"];
/** How far the keys of the slider go, ms. */
const SLIDER_STEP_MS = 100;
/** How often the position is drawn anew, ms. */
const REDRAW_MS = 100;

/** Where the replay is now, ms: between two messages it goes on at its speed. */
export function positionOf({ message, receivedMs }: NonNullable<Store["playback"]>, nowMs: number): number {
  const { state, speed, positionMs, durationMs } = message;
  if (state !== "playing" || speed === "max") return positionMs;
  return Math.min(durationMs, positionMs + (nowMs - receivedMs) * speed);
}

/** Makes it; `shownStream` is the one that steps go by, if only one is looked at. */
export function playbackBar(store: Store, shownStream: () => string | undefined): PlaybackBar {
  const trouble = make("p", { class: "playback-trouble", role: "status" });
  const steer = steering((words) => setText(trouble, words));
  const parts = barParts(SPEEDS);
  let isDragging = false;
  const withStream = (stream: string | undefined): { stream?: string } => (stream === undefined ? {} : { stream });
  const bar: PlaybackBar = {
    element: make("section", { class: "playback", "aria-label": "Replay", hidden: "" }, ...parts.rows, trouble),
    toggle: () => store.playback && steer({ command: store.playback.message.state === "playing" ? "pause" : "play" }),
    step: (frames, stream) => steer({ command: "step", frames, ...withStream(stream) }),
    seekBy(ms) {
      if (!store.playback) return;
      const positionMs = Math.max(0, positionOf(store.playback, performance.now()) + ms);
      steer({ command: "seek", to: { positionMs }, ...withStream(shownStream()) });
    },
    changeSpeed(by) {
      const { speed = 1 } = store.playback?.message ?? {};
      const at = SPEEDS.indexOf(speed);
      const next = SPEEDS[at === -1 ? SPEEDS.indexOf(1) : at + by];
      if (next !== undefined) steer({ command: "speed", speed: next });
    },
    refresh() {
      bar.element.hidden = store.playback === undefined;
      document.body.classList.toggle("is-replay", !bar.element.hidden);
      if (store.playback) parts.show(store.playback.message, isDragging ? Number(parts.slider.value) : positionOf(store.playback, performance.now()));
    },
  };
  parts.toggle.addEventListener("click", bar.toggle);
  parts.older.addEventListener("click", () => bar.step(-1, shownStream()));
  parts.newer.addEventListener("click", () => bar.step(1, shownStream()));
  parts.loop.addEventListener("click", () => store.playback && steer({ command: "loop", loop: !store.playback.message.loop }));
  parts.speed.addEventListener("change", () => steer({ command: "speed", speed: parts.speed.value === "max" ? "max" : Number(parts.speed.value) }));
  // Shown while it is dragged, as fast as the server follows.
  parts.slider.addEventListener("input", () => {
    isDragging = true;
    bar.refresh();
    steer({ command: "seek", to: { positionMs: Number(parts.slider.value) }, ...withStream(shownStream()) });
  });
  parts.slider.addEventListener("change", () => (isDragging = false));
  setInterval(() => document.hidden || bar.element.hidden || bar.refresh(), REDRAW_MS);
  return bar;
}

function barParts(speeds: readonly Playback["speed"][]) {
  const older = iconButton("step-back", "One frame back", () => undefined);
  const toggle = iconButton("pause", "Pause the replay", () => undefined, { class: "icon-button is-main" });
  const newer = iconButton("step-on", "One frame on", () => undefined);
  const slider = make("input", { type: "range", min: "0", max: "0", step: String(SLIDER_STEP_MS), value: "0", "aria-label": "Position in the recording" });
  const position = make("span", { class: "playback-time" });
  const duration = make("span", { class: "playback-time dim" });
  const at = make("time", { class: "playback-at dim" });
  const loop = iconButton("loop", "Begin again at the end", () => undefined, { "aria-pressed": "false" });
  const speed = make("select", { "aria-label": "Speed", title: "Speed" });
  const option = (value: Playback["speed"]): HTMLOptionElement => make("option", { value: String(value) }, value === "max" ? "max" : `${value}×`);
  speed.append(...speeds.map(option));
  return {
    older, toggle, newer, slider, loop, speed,
    rows: [make("div", { class: "group", role: "group", "aria-label": "Playing" }, older, toggle, newer), position, slider, duration, at, make("div", { class: "group" }, speed, loop)],
    show(message: Playback, positionMs: number): void {
      const isPlaying = message.state === "playing";
      const name = isPlaying ? "Pause the replay" : message.state === "ended" ? "Play again from the begin" : "Go on with the replay";
      if (toggle.title !== name) {
        toggle.title = name;
        toggle.setAttribute("aria-label", name);
        toggle.replaceChildren(icon(isPlaying ? "pause" : "play"));
      }
      slider.max = String(message.durationMs);
      if (Number(slider.value) !== positionMs) slider.value = String(positionMs);
      const day = message.at === null ? "" : `${dayWords(message.at)} ${clockWords(message.at)}`;
      slider.setAttribute("aria-valuetext", `${clockText(positionMs)} of ${clockText(message.durationMs)}, ${message.state}`);
      setText(position, clockText(positionMs));
      setText(duration, clockText(message.durationMs));
      setText(at, day);
      if (message.at !== null) at.dateTime = message.at;
      loop.setAttribute("aria-pressed", String(message.loop));
      const value = String(message.speed);
      if (![...speed.options].some((one) => one.value === value)) speed.append(option(message.speed));
      if (document.activeElement !== speed || speed.value === "") speed.value = value;
    },
  };
}
