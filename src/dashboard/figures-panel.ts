import { timelineChart } from "./chart.js";
import { make, makeSvg, setText } from "./dom.js";
import { BUCKET_EDGES_MS, STAGES, type LatencySummary, type Stage } from "./latency.js";
import { colourOf } from "../core/class-colours.js";
import { gatePanel } from "./gate-panel.js";
import type { StreamModel } from "./stream-model.js";
import { countWords, dropsOf, durationWords, lostOf, shareWords } from "./words.js";

/** The figures beside a stream's picture. */
export interface FiguresPanel extends Disposable {
  readonly element: HTMLElement;
  refresh(): void;
}

/** The stages that page and legend name; each has its colour in the style sheet. */
const STAGE_WORDS: Readonly<Record<Stage, string>> = { queue: "queue", inference: "inference", publish: "publish", screen: "screen" };

function panel(title: string, ...content: HTMLElement[]): HTMLElement {
  return make("section", { class: "panel" }, make("h3", {}, title), ...content);
}

/** Makes the panels of one stream. */
export function figuresPanel(model: StreamModel): FiguresPanel {
  const parts: readonly Part[] = [ratesPart(model), latencyPart(model), dropsPart(model), gatePanel(model), classesPart(model)];
  const element = make("div", { class: "panels" }, ...parts.map((part) => part.element));
  return {
    element,
    refresh: () => parts.forEach((part) => part.refresh()),
    [Symbol.dispose]: () => parts.forEach((part) => part[Symbol.dispose]?.()),
  };
}

interface Part {
  readonly element: HTMLElement;
  refresh(): void;
  readonly [Symbol.dispose]?: () => void;
}

function ratesPart(model: StreamModel): Part {
  const values = { in: make("dd"), inferred: make("dd"), published: make("dd"), shown: make("dd") };
  const rows = Object.entries(values).map(([name, value]) => make("div", {}, make("dt", {}, name), value));
  return {
    element: panel("Frames a second", make("dl", { class: "figures" }, ...rows)),
    refresh() {
      const rates = model.rates();
      for (const [name, value] of Object.entries(values)) setText(value, model.stats ? rates[name as keyof typeof values].toFixed(1) : "–");
    },
  };
}

const BAR = { width: 300, height: 60 };

function latencyPart(model: StreamModel): Part {
  const bars = [...BUCKET_EDGES_MS, Infinity].map(() => makeSvg("rect", { class: "histogram-bar" }));
  const ticks = [10, 40, 160, 640].map((edge) => makeSvg("text", { x: edgeX(edge), y: BAR.height + 12 }, durationWords(edge)));
  const histogram = makeSvg("svg", { class: "histogram", viewBox: `0 0 ${BAR.width} ${BAR.height + 16}`, role: "img" }, ...bars, ...ticks);
  const segments = STAGES.map((stage) => makeSvg("rect", { class: `stage-${stage}`, height: 10, y: 0 }));
  const strip = makeSvg("svg", { class: "stages", viewBox: `0 0 ${BAR.width} 10`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...segments);
  const legend = STAGES.map((stage) => ({ stage, value: make("b") }));
  const list = make("ul", { class: "legend" }, ...legend.map(({ stage, value }) => make("li", {}, make("i", { class: `swatch stage-${stage}` }), `${STAGE_WORDS[stage]} `, value)));
  const headline = make("p", { class: "headline" });
  return {
    element: panel("Capture to screen", headline, histogram as unknown as HTMLElement, strip as unknown as HTMLElement, list),
    refresh() {
      const summary = model.latency.summary();
      setText(headline, summary.samples === 0 ? "No frame yet" : `p50 ${durationWords(summary.p50)}  ·  p95 ${durationWords(summary.p95)}  ·  p99 ${durationWords(summary.p99)}`);
      histogram.setAttribute("aria-label", `Histogram of ${summary.samples} frames from capture to screen`);
      showBars(bars, summary);
      showStages(segments, summary);
      for (const { stage, value } of legend) setText(value, durationWords(summary.stages[stage]));
    },
  };
}

/** Buckets stand side by side, all of one width. */
const barWidth = BAR.width / (BUCKET_EDGES_MS.length + 1);
const edgeX = (edgeMs: number): number => ((BUCKET_EDGES_MS as readonly number[]).indexOf(edgeMs) + 1) * barWidth;

function showBars(bars: readonly SVGElement[], { buckets }: LatencySummary): void {
  const most = Math.max(1, ...buckets);
  for (const [i, bar] of bars.entries()) {
    const height = (buckets[i]! / most) * BAR.height;
    const place = { x: i * barWidth + 1, y: BAR.height - height, width: barWidth - 2, height };
    for (const [name, value] of Object.entries(place)) bar.setAttribute(name, value.toFixed(1));
  }
}

function showStages(segments: readonly SVGElement[], { stages }: LatencySummary): void {
  const total = Math.max(1e-6, STAGES.reduce((sum, stage) => sum + stages[stage], 0));
  let x = 0;
  for (const [i, stage] of STAGES.entries()) {
    const width = (stages[stage] / total) * BAR.width;
    segments[i]!.setAttribute("x", x.toFixed(1));
    segments[i]!.setAttribute("width", width.toFixed(1));
    x += width;
  }
}

function dropsPart(model: StreamModel): Part {
  const headline = make("p", { class: "headline" });
  const list = make("ul", { class: "drops" });
  return {
    element: panel("Frames", headline, list),
    refresh() {
      const { stats } = model;
      if (!stats) return setText(headline, "No figures yet");
      const drops = dropsOf(stats);
      const of = stats.expectedFrames === null ? "" : ` of ${countWords(stats.expectedFrames)}`;
      setText(headline, `${countWords(stats.decoded)} decoded${of}  ·  ${countWords(stats.outcomes.detected)} detected  ·  ${shareWords(lostOf(stats), stats.decoded)} dropped`);
      const rows = drops.map(({ cause, frames }) => make("li", {}, make("span", {}, cause), make("meter", { min: "0", max: String(stats.decoded), value: String(frames), "aria-label": `${cause} of all decoded` }), make("b", {}, countWords(frames))));
      list.replaceChildren(...rows);
    },
  };
}

function classesPart(model: StreamModel): Part {
  const place = make("div", { class: "chart", role: "img", "aria-label": "Objects in view over the last five minutes, by class" });
  const list = make("ul", { class: "legend" });
  const chart = timelineChart(place);
  return {
    element: panel("Objects in view, last 5 minutes", place, list),
    refresh() {
      const series = model.timeline.series(Date.now());
      chart.show(series, model.classIds);
      const rows = series.labels.map((label, i) => {
        const swatch = make("i", { class: "swatch" });
        swatch.style.background = colourOf(model.classIds.get(label) ?? i);
        const last = series.values[i]!.findLast((value) => value !== null) ?? 0;
        return make("li", {}, swatch, `${label} `, make("b", {}, last.toFixed(1)));
      });
      list.replaceChildren(...rows);
    },
    [Symbol.dispose]: () => chart[Symbol.dispose](),
  };
}
