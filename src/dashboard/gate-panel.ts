import { make, setText } from "./dom.js";
import type { StreamModel } from "./stream-model.js";
import { clockWords, shareWords } from "./words.js";

/** What the API tells of a gate. */
interface GateView {
  readonly frame: number;
  readonly columns: number;
  readonly rows: number;
  readonly cells: string;
  readonly widthShare: number;
  readonly heightShare: number;
}

/** How often the gate is asked while its preview is open, ms. */
const ASK_MS = 500;
const WIDTH_PX = 320;
/** By a cell's digit; quiet ones are left as they are. */
const COLOURS: Readonly<Record<string, string>> = { 1: "rgb(255 200 0 / 0.45)", 2: "rgb(255 60 60 / 0.6)", 3: "rgb(40 40 60 / 0.8)" };
const STATE_WORDS = { learning: "learning the scene", moving: "moving", still: "still" } as const;

/** What a stream's motion gate does, and on demand what it sees. Hidden where there is none. */
export function gatePanel(model: StreamModel): { readonly element: HTMLElement; refresh(): void } & Disposable {
  const headline = make("p", { class: "headline gate-state" });
  const canvas = make("canvas", { class: "gate-cells", width: String(WIDTH_PX), role: "img", "aria-label": "What the motion gate sees" });
  const legend = make("ul", { class: "legend" }, ...([["2", "moving"], ["1", "changed"], ["3", "left out"]] as const).map(([digit, word]) => {
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = COLOURS[digit]!;
    return make("li", {}, swatch, word);
  }));
  const details = make("details", {}, make("summary", {}, "What it sees"), canvas, legend);
  const element = make("section", { class: "panel gate-panel", hidden: "" }, make("h3", {}, "Motion gate"), headline, details);
  const asking = whileOpen(details, async (signal) => {
    const view = await askView(model.name, signal);
    if (view) drawCells(canvas, model, view);
  });
  return {
    element,
    refresh() {
      const { gate, outcomes } = model.stats ?? {};
      element.hidden = gate === undefined;
      if (!gate || !outcomes) return;
      element.dataset["state"] = gate.state;
      setText(headline, `${STATE_WORDS[gate.state]} since ${clockWords(gate.since)}  ·  ${shareWords(outcomes.still, gate.looks)} not looked at  ·  ${gate.meanMs.toFixed(2)} ms a frame`);
    },
    [Symbol.dispose]: asking,
  };
}

/** Asks again and again while the details are open, once at a time; returns what ends it. */
function whileOpen(details: HTMLDetailsElement, ask: (signal: AbortSignal) => Promise<void>): () => void {
  let round: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    round?.abort();
    clearTimeout(timer);
    round = undefined;
  };
  const next = (mine: AbortController): void => {
    // A server that is away is asked again.
    void ask(mine.signal).catch(() => undefined).then(() => {
      if (round === mine) timer = setTimeout(() => next(mine), ASK_MS);
    });
  };
  details.addEventListener("toggle", () => {
    stop();
    if (details.open) next((round = new AbortController()));
  });
  return stop;
}

async function askView(stream: string, signal: AbortSignal): Promise<GateView | null> {
  const answer = await fetch(`/api/v1/streams/${encodeURIComponent(stream)}/gate`, { signal });
  return answer.ok ? ((await answer.json()) as { readonly gate: GateView | null }).gate : null;
}

/** The newest picture, small, and the cells over it. */
function drawCells(canvas: HTMLCanvasElement, model: StreamModel, { frame, columns, rows, cells, widthShare, heightShare }: GateView): void {
  const bitmap = model.shown?.picture.image.bitmap;
  const height = bitmap ? Math.round((WIDTH_PX * bitmap.height) / bitmap.width) : Math.round((WIDTH_PX * rows) / columns);
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, WIDTH_PX, height);
  if (bitmap) context.drawImage(bitmap, 0, 0, WIDTH_PX, height);
  const [across, down] = [(WIDTH_PX * widthShare) / columns, (height * heightShare) / rows];
  for (let cell = 0; cell < cells.length; cell += 1) {
    const colour = COLOURS[cells[cell]!];
    if (colour === undefined) continue;
    context.fillStyle = colour;
    context.fillRect((cell % columns) * across, Math.floor(cell / columns) * down, across, down);
  }
  canvas.dataset["frame"] = String(frame);
}
