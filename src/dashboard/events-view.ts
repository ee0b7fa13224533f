import { make } from "./dom.js";
import { streamHref, type View } from "./live-view.js";
import type { Store } from "./store.js";
import type { Happening } from "./stream-model.js";
import { clockWords, durationWords } from "./words.js";

/** How a happening is told: what, and the rest. */
function tell(happening: Happening): { readonly tone: string; readonly what: string; readonly more: string } {
  switch (happening.type) {
    case "state": {
      const { state, reason, message = "", retryInMs } = happening;
      const retry = retryInMs === undefined ? "" : `next try in ${durationWords(retryInMs)}`;
      const tone = state === "live" ? "good" : state === "failed" || state === "reconnecting" ? "bad" : "warn";
      return { tone: state === "ended" ? "idle" : tone, what: state, more: [reason, message, retry].filter(Boolean).join("  ·  ") };
    }
    case "gap":
      return { tone: "warn", what: "gap", more: `${happening.records} records from frame ${happening.fromFrame} to ${happening.toFrame} did not get here (${happening.cause})` };
    case "event": {
      const { kind, label = "", trackId, after } = happening;
      const who = [label, trackId === undefined ? "" : `#${trackId}`].filter(Boolean).join(" ");
      const details = Object.entries(after).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
      return { tone: "event", what: kind, more: [who, ...details].filter(Boolean).join("  ·  ") };
    }
  }
}

/** Fills a list with happenings, the newest first. Done again only when there are others. */
export function happeningRows(list: HTMLElement, happenings: readonly Happening[], withStream: boolean): void {
  const key = `${happenings.length} ${happenings.at(-1)?.at ?? ""} ${happenings.at(-1)?.type ?? ""} ${happenings[0]?.at ?? ""}`;
  if (list.dataset["key"] === key) return;
  list.dataset["key"] = key;
  const rows = happenings.toReversed().map((happening) => {
    const { tone, what, more } = tell(happening);
    const stream = withStream ? [make("a", { href: streamHref(happening.stream) }, happening.stream)] : [];
    return make("li", {}, make("time", { datetime: happening.at }, clockWords(happening.at)), make("span", { class: "pill", "data-tone": tone }, what), ...stream, make("span", { class: "more" }, more));
  });
  list.replaceChildren(...(rows.length > 0 ? rows : [make("li", { class: "none" }, "Nothing has happened since this page was opened.")]));
}

const MOST_ROWS = 200;
const KINDS = ["all", "event", "state", "gap"] as const;

/** What happened in all streams. */
export function eventsView(store: Store): View {
  let kind: (typeof KINDS)[number] = "all";
  const list = make("ul", { class: "rows panel", tabindex: "0", "aria-label": "Events, newest first" });
  const chips = KINDS.map((one) => {
    const chip = make("button", { type: "button", class: "chip", "aria-pressed": String(one === kind) }, one === "all" ? "all" : `${one}s`);
    chip.addEventListener("click", () => {
      kind = one;
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
      view.refresh();
    });
    return chip;
  });
  const head = make("header", { class: "view-head" }, make("h2", {}, "Events"), make("div", { class: "chips", role: "group", "aria-label": "Which" }, ...chips));
  const view: View = {
    element: make("section", { class: "view view-events", "aria-label": "Events" }, head, list),
    watched: () => [],
    refresh: () => happeningRows(list, store.happenings.items.filter(({ type }) => kind === "all" || type === kind).slice(-MOST_ROWS), true),
    redraw: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
  return view;
}
