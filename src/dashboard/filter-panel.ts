import { byId, make, setText } from "./dom.js";
import { isFiltering, NO_FILTER, withClass, type Filter } from "./filter.js";
import { colourOf } from "../core/class-colours.js";
import type { Store } from "./store.js";

/** How long after the last move of the slider the server is asked, ms. */
const SETTLED_MS = 250;

/** Every label that a stream has ever had: the figures know them, also those that the filter keeps away. */
function knownLabels(store: Store): Map<string, number | undefined> {
  const labels = new Map<string, number | undefined>();
  for (const { stats, classIds } of store.streams.values()) {
    for (const label of Object.keys(stats?.objects ?? {})) labels.set(label, labels.get(label) ?? classIds.get(label));
    for (const [label, classId] of classIds) labels.set(label, classId);
  }
  return new Map([...labels].sort(([a], [b]) => a.localeCompare(b)));
}

/** Fills the filter's panel and follows it. `changed` is told of each filter that shall be asked for. */
export function filterPanel(store: Store, changed: (filter: Filter) => void): { refresh(): void } {
  const list = byId("filter-classes");
  const slider = byId<HTMLInputElement>("filter-score");
  const value = byId("filter-score-value");
  const opener = byId("filter-open");
  const reset = byId<HTMLButtonElement>("filter-reset");
  let timer = 0;
  let key = "";

  const set = (filter: Filter): void => {
    store.filter = filter;
    changed(filter);
    refresh();
  };
  const refresh = (): void => {
    const labels = knownLabels(store);
    opener.classList.toggle("is-on", isFiltering(store.filter));
    reset.disabled = !isFiltering(store.filter);
    const next = JSON.stringify([[...labels], store.filter.classes]);
    if (next === key) return;
    key = next;
    const focused = document.activeElement?.getAttribute("data-label") ?? null;
    const rows = [...labels].map(([label, classId]) => classRow(label, classId, store.filter, (on) => set(withClass(store.filter, label, on, [...labels.keys()]))));
    list.replaceChildren(...(rows.length > 0 ? rows : [make("p", { class: "dim" }, "No class has been seen yet.")]));
    if (focused !== null) list.querySelector<HTMLElement>(`[data-label="${CSS.escape(focused)}"]`)?.focus();
  };
  slider.addEventListener("input", () => {
    const minScore = Number(slider.value) / 100;
    setText(value, minScore.toFixed(2));
    clearTimeout(timer);
    timer = setTimeout(() => set({ ...store.filter, minScore }), SETTLED_MS) as unknown as number;
  });
  reset.addEventListener("click", () => {
    clearTimeout(timer);
    slider.value = "0";
    setText(value, "0.00");
    set(NO_FILTER);
  });
  return { refresh };
}

function classRow(label: string, classId: number | undefined, { classes }: Filter, onChange: (on: boolean) => void): HTMLElement {
  const box = make("input", { type: "checkbox", "data-label": label });
  box.checked = classes === null || classes.includes(label);
  box.addEventListener("change", () => onChange(box.checked));
  const swatch = make("i", { class: "swatch" });
  if (classId !== undefined) swatch.style.background = colourOf(classId);
  return make("label", { class: "check" }, box, swatch, label);
}
