import { longChart } from "./chart.js";
import { icon, make, setText } from "./dom.js";
import type { View } from "./live-view.js";
import { askReport, whyNoReports, type Report } from "./report-client.js";
import { reportTable, seriesOf, totalsList } from "./report-table.js";

/** How far back, and the length of a point in the chart that fits to it. */
const SPANS = [["15 minutes", "15m", "15s"], ["1 hour", "1h", "1m"], ["24 hours", "24h", "15m"], ["7 days", "7d", "2h"]] as const;
/** What is shown, from the top. */
const REPORTS = ["classes", "busiest", "uptime", "gaps", "latency", "seen"] as const;

/** The log's reports know names of classes, not their numbers. */
const NO_CLASSES: ReadonlyMap<string, number> = new Map();

interface Card {
  readonly element: HTMLElement;
  show(report: Report): void;
  tell(words: string): void;
  [Symbol.dispose](): void;
}

/** Ready answers about the log. Asked for when the view is opened and when the button says so: each costs the server work. */
export function reportsView(): View {
  let asked = new AbortController();
  let span: (typeof SPANS)[number] = SPANS[1];
  const state = make("span", { class: "dim", role: "status" });
  const cards = new Map(REPORTS.map((name) => [name, makeCard(name)]));
  const grid = make("div", { class: "reports" }, ...[...cards.values()].map(({ element }) => element));
  const none = make("p", { class: "empty", hidden: "" });
  const load = async (): Promise<void> => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    setText(state, "Reading the log…");
    const why = await whyNoReports(signal).catch((error: unknown) => (signal.aborted ? "" : wordsOf(error)));
    if (signal.aborted) return;
    grid.hidden = why !== null;
    none.hidden = why === null;
    setText(none, why === null ? "" : `There are no reports: ${why}.`);
    if (why !== null) return setText(state, "");
    for (const name of REPORTS) {
      try {
        cards.get(name)!.show(await askReport(name, { since: span[1], step: span[2] }, signal));
      } catch (error) {
        if (signal.aborted) return;
        cards.get(name)!.tell(wordsOf(error));
      }
    }
    setText(state, `As of ${new Date().toLocaleTimeString()}`);
  };
  const chips = SPANS.map((one) => {
    const chip = make("button", { type: "button", class: "chip", "aria-pressed": String(one === span) }, one[0]);
    chip.addEventListener("click", () => {
      span = one;
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
      void load();
    });
    return chip;
  });
  const again = make("button", { type: "button", class: "text-button" }, icon("reports"), "Ask again");
  again.addEventListener("click", () => void load());
  const head = make("header", { class: "view-head" }, make("h2", {}, "Reports"), make("div", { class: "chips", role: "group", "aria-label": "How far back" }, ...chips), again, state);
  void load();
  return {
    element: make("section", { class: "view view-reports", "aria-label": "Reports" }, head, none, grid),
    watched: () => [],
    refresh: () => undefined,
    redraw: () => undefined,
    [Symbol.dispose]() {
      asked.abort();
      for (const card of cards.values()) card[Symbol.dispose]();
    },
  };
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function makeCard(name: (typeof REPORTS)[number]): Card {
  const title = make("h3", {}, name);
  const help = make("p", { class: "dim" });
  const place = make("div", { class: "chart", role: "img", "aria-label": "Objects by class over time" });
  const body = make("div", { class: "report-body", tabindex: "0", role: "group", "aria-label": name });
  const chart = name === "classes" ? longChart(place) : undefined;
  return {
    element: make("section", { class: `panel report report-${name}` }, title, help, ...(chart ? [place] : []), body),
    show(report) {
      setText(title, report.title);
      setText(help, `${report.help}.`);
      body.setAttribute("aria-label", report.title);
      chart?.show(seriesOf(report), NO_CLASSES);
      place.hidden = report.rows.length === 0;
      body.replaceChildren(...(report.rows.length === 0 ? [make("p", { class: "none" }, "Nothing in this time.")] : [chart ? totalsList(report) : reportTable(report)]));
    },
    tell: (words) => body.replaceChildren(make("p", { class: "none" }, `${words}.`)),
    [Symbol.dispose]: () => chart?.[Symbol.dispose](),
  };
}
