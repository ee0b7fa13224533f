import { make } from "./dom.js";
import type { View } from "./live-view.js";
import type { Store } from "./store.js";
import { clockWords } from "./words.js";

const MOST_ROWS = 300;
const LEVELS = ["info", "warn", "error"] as const;

/** What the program tells its operator, newest at the bottom, as a terminal shows it. */
export function logView(store: Store): View {
  const shown = new Set<string>(LEVELS);
  let drawn = -1;
  const list = make("ol", { class: "log panel", tabindex: "0", "aria-label": "Log, newest last" });
  const search = make("input", { type: "search", placeholder: "Contains…", "aria-label": "Only lines that contain" });
  const redo = (): void => {
    drawn = -1;
    view.refresh();
  };
  search.addEventListener("input", redo);
  const chips = LEVELS.map((level) => {
    const chip = make("button", { type: "button", class: "chip", "data-level": level, "aria-pressed": "true" }, level);
    chip.addEventListener("click", () => {
      if (!shown.delete(level)) shown.add(level);
      chip.setAttribute("aria-pressed", String(shown.has(level)));
      redo();
    });
    return chip;
  });
  const head = make("header", { class: "view-head" }, make("h2", {}, "Log"), make("div", { class: "chips", role: "group", "aria-label": "Levels" }, ...chips), search);
  const view: View = {
    element: make("section", { class: "view view-log", "aria-label": "Log" }, head, list),
    watched: () => [],
    refresh() {
      const now = store.logRefusal === "" ? store.logs.added : -2;
      if (drawn === now) return;
      drawn = now;
      // Who has scrolled up reads there; who is at the end stays at the end.
      const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
      const words = search.value.toLowerCase();
      const rows = store.logs.items
        .filter(({ level, stream = "", message }) => shown.has(level) && `${stream} ${message}`.toLowerCase().includes(words))
        .slice(-MOST_ROWS)
        .map(({ at, level, stream, code, message }) =>
          make("li", { "data-level": level }, make("time", { datetime: at }, clockWords(at)), make("b", {}, level), ...(stream ? [make("span", { class: "source" }, stream)] : []), make("span", { class: "more" }, [code, message].filter(Boolean).join("  "))),
        );
      list.replaceChildren(...(rows.length > 0 ? rows : [make("li", { class: "none" }, store.logRefusal === "" ? "No line yet." : "The log is for admins.")]));
      if (isAtEnd) list.scrollTop = list.scrollHeight;
    },
    redraw: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
  return view;
}
