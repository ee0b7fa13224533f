import { make, setText } from "./dom.js";
import type { View } from "./live-view.js";
import type { InspectedMessage, Store } from "./store.js";
import { clockWords, countWords } from "./words.js";

const MOST_ROWS = 120;
const TYPES = ["frame", "stats", "state", "event", "gap", "log", "video", "other"] as const;
type Kind = (typeof TYPES)[number];

const kindOf = ({ type }: InspectedMessage): Kind => ((TYPES as readonly string[]).includes(type) ? (type as Kind) : "other");

/** One line about a message. */
function summaryOf({ content }: InspectedMessage): string {
  const { frame, objects, state, message, fps, epoch } = content as Record<string, unknown>;
  const parts = [
    typeof epoch === "number" && typeof frame === "number" ? `${epoch} / ${frame}` : "",
    Array.isArray(objects) ? `${objects.length} objects` : "",
    typeof state === "string" ? state : "",
    fps && typeof fps === "object" && "out" in fps ? `${String(fps.out)} fps` : "",
    typeof message === "string" ? message : "",
  ];
  return parts.filter(Boolean).join("  ·  ");
}

/** What the socket says, message by message; kept only while this view is seen. */
export function inspectorView(store: Store): View {
  const shown = new Set<Kind>(TYPES);
  let paused = false;
  let drawn = -1;
  let chosen: InspectedMessage | undefined;
  store.inspecting = true;
  const list = make("ol", { class: "messages panel", "aria-label": "Messages, newest first" });
  const content = make("pre", { tabindex: "0", "aria-label": "The chosen message" }, "Choose a message to read it.");
  const copy = make("button", { type: "button", class: "text-button", disabled: "" }, "Copy as JSON");
  copy.addEventListener("click", () => chosen && void copyText(JSON.stringify(chosen.content, null, 2), copy));
  const search = make("input", { type: "search", placeholder: "Contains…", "aria-label": "Only messages that contain" });
  const pause = make("button", { type: "button", class: "text-button", "aria-pressed": "false" }, "Pause");
  const count = make("span", { class: "dim" });
  const redo = (): void => {
    drawn = -1;
    show();
  };
  const choose = (message: InspectedMessage): void => {
    chosen = message;
    copy.disabled = false;
    setText(content, JSON.stringify(message.content, null, 2));
    redo();
  };
  const show = (): void => {
    if (drawn === store.messages.added) return;
    drawn = store.messages.added;
    const first = chosen === undefined ? store.messages.items.findLast(({ type }) => type === "frame") : undefined;
    if (first) return choose(first);
    const words = search.value.toLowerCase();
    const fits = (message: InspectedMessage): boolean => shown.has(kindOf(message)) && (words === "" || JSON.stringify(message.content).toLowerCase().includes(words));
    const rows = store.messages.items.filter(fits).slice(-MOST_ROWS).toReversed();
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["added"] : undefined;
    list.replaceChildren(...(rows.length > 0 ? rows.map((message) => messageRow(message, message === chosen, choose)) : [make("li", { class: "none" }, "No message yet.")]));
    if (focused !== undefined) list.querySelector<HTMLElement>(`[data-added="${focused}"]`)?.focus({ preventScroll: true });
    setText(count, `${countWords(rows.length)} of the last ${countWords(store.messages.items.length)}`);
  };
  search.addEventListener("input", redo);
  pause.addEventListener("click", () => {
    paused = !paused;
    store.inspecting = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    setText(pause, paused ? "Go on" : "Pause");
  });
  const head = make("header", { class: "view-head" }, make("h2", {}, "Inspector"), make("div", { class: "chips", role: "group", "aria-label": "Types" }, ...typeChips(shown, redo)), search, pause, count);
  const reader = make("div", { class: "reader panel" }, make("div", { class: "reader-head" }, make("h3", {}, "Message"), copy), content);
  return {
    element: make("section", { class: "view view-inspector", "aria-label": "Inspector" }, head, make("div", { class: "split" }, list, reader)),
    watched: () => [...store.streams.keys()].slice(0, 1),
    refresh: show,
    redraw: () => undefined,
    [Symbol.dispose]() {
      store.inspecting = false;
      store.messages.replace([]);
    },
  };
}

function typeChips(shown: Set<Kind>, changed: () => void): HTMLElement[] {
  return TYPES.map((type) => {
    const chip = make("button", { type: "button", class: "chip", "aria-pressed": "true" }, type);
    chip.addEventListener("click", () => {
      if (!shown.delete(type)) shown.add(type);
      chip.setAttribute("aria-pressed", String(shown.has(type)));
      changed();
    });
    return chip;
  });
}

/** Names a row, so that it keeps the focus when the list is filled again. */
const rowIds = new WeakMap<InspectedMessage, number>();
let lastRowId = 0;

function messageRow(message: InspectedMessage, isChosen: boolean, choose: (message: InspectedMessage) => void): HTMLElement {
  const id = rowIds.get(message) ?? (lastRowId += 1);
  rowIds.set(message, id);
  const time = make("time", {}, clockWords(new Date(message.atMs).toISOString()));
  const size = make("span", { class: "dim size" }, `${countWords(message.bytes)} B`);
  const button = make("button", { type: "button", "data-added": String(id), "aria-pressed": String(isChosen) }, time, make("b", { "data-type": kindOf(message) }, message.type), make("span", { class: "source" }, message.stream), make("span", { class: "more" }, summaryOf(message)), size);
  button.addEventListener("click", () => choose(message));
  return make("li", {}, button);
}

/** Puts text on the clipboard. Pages of plain http on another host have no clipboard: a selection works there. */
async function copyText(text: string, button: HTMLElement): Promise<void> {
  try {
    if (!navigator.clipboard) throw new Error("no clipboard here");
    await navigator.clipboard.writeText(text);
  } catch {
    const field = make("textarea", { "aria-hidden": "true", class: "unseen" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  setText(button, "Copied");
  setTimeout(() => setText(button, "Copy as JSON"), 1500);
}
