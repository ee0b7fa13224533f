import type { FrameRecord, StatsRecord } from "../../wire/index.js";
import { colourOf, drawPair } from "./draw.js";
import { pairing, type Pair, type WaitingPicture } from "./pairing.js";

/** The last picture drawn, for tests and the curious. Boxes are in source pixels. */
export interface DrawnFrame {
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  readonly lookedAt: boolean;
  readonly boxes: readonly (readonly number[])[];
}

/** One stream on the page: its picture, its figures. */
export interface StreamCard {
  record(record: FrameRecord): void;
  picture(picture: WaitingPicture<ImageBitmap>): void;
  stats(stats: StatsRecord): void;
  /** The connection is new: what was waiting belongs to the old one. */
  reset(): void;
}

/** Words for the causes of the records. */
const CAUSE_WORDS: Readonly<Record<string, string>> = {
  no_slot: "no free slot",
  busy: "busy",
  too_old: "too old",
  max_fps: "over the rate",
  stopped: "at the stop",
  failed: "failed",
  late: "late",
  aborted: "aborted",
};

/** What the corner of the picture says when there are no boxes to trust. */
const markOf = ({ picture, record }: Pair<ImageBitmap>): string => {
  if (!picture.lookedAt || !record || record.outcome === "still") return "not looked at";
  return record.outcome === "detected" ? "" : `inference ${record.outcome}`;
};

/** Adds a card to the page. `drawn` is told of each picture that was drawn. */
export function addStreamCard(stream: string, place: HTMLElement, drawn: (frame: DrawnFrame) => void): StreamCard {
  const template = document.querySelector<HTMLTemplateElement>("#card")!;
  const card = template.content.cloneNode(true) as DocumentFragment;
  const part = (name: string): HTMLElement => card.querySelector<HTMLElement>(`[data-is="${name}"]`)!;
  const parts = Object.fromEntries(PART_NAMES.map((name) => [name, part(name)])) as Parts;
  const canvas = parts.canvas as HTMLCanvasElement;
  const classIds = new Map<string, number>();
  const pairs = pairing<ImageBitmap>((image) => image.close());
  let shown: Pair<ImageBitmap> | undefined;
  let drawAsked = false;

  const show = (pair: Pair<ImageBitmap>): void => {
    shown?.picture.image.close();
    shown = pair;
    showAround(parts, pair);
    drawPair(canvas, pair);
    const { epoch, frame, lookedAt } = pair.picture;
    drawn({ stream, epoch, frame, lookedAt, boxes: pair.record?.objects.map(({ box }) => box) ?? [] });
  };
  const askToDraw = (): void => {
    if (drawAsked) return;
    drawAsked = true;
    requestAnimationFrame(() => {
      drawAsked = false;
      const pair = pairs.take();
      if (pair) show(pair);
    });
  };
  parts.name.textContent = stream;
  new ResizeObserver(() => shown && drawPair(canvas, shown)).observe(canvas);
  place.append(card);
  return {
    record(record) {
      for (const { label, classId } of record.objects) classIds.set(label, classId);
      pairs.record(record);
      askToDraw();
    },
    picture(picture) {
      pairs.picture(picture);
      askToDraw();
    },
    stats: (stats) => showStats(parts, stats, classIds),
    reset: () => pairs.reset(),
  };
}

const PART_NAMES = [
  "name", "clock", "state", "canvas", "mark", "waiting", "fpsOut", "fpsIn", "p50", "p99",
  "detected", "decoded", "dropped", "causes", "classes", "problem",
] as const;
type Parts = Record<(typeof PART_NAMES)[number], HTMLElement>;

function showAround(parts: Parts, pair: Pair<ImageBitmap>): void {
  const { widthPx, heightPx } = pair.picture;
  const mark = markOf(pair);
  parts.mark.textContent = mark;
  parts.mark.hidden = mark === "";
  parts.waiting.hidden = true;
  parts.canvas.parentElement!.style.aspectRatio = `${widthPx} / ${heightPx}`;
  parts.clock.textContent = `frame ${pair.picture.frame}`;
}

function showStats(parts: Parts, stats: StatsRecord, classIds: ReadonlyMap<string, number>): void {
  const { detected, failed, late, aborted } = stats.outcomes;
  const lost = Object.entries({ ...stats.skipped, late, failed, aborted }).filter(([, frames]) => frames > 0);
  const text: Partial<Record<keyof Parts, string>> = {
    state: stats.state,
    fpsOut: stats.fps.out.toFixed(1),
    fpsIn: `of ${stats.fps.in.toFixed(1)}`,
    p50: stats.latencyMs.p50.toFixed(0),
    p99: stats.latencyMs.p99.toFixed(0),
    detected: String(detected),
    decoded: `of ${stats.decoded}${stats.expectedFrames === null ? "" : ` / ${stats.expectedFrames}`}`,
    dropped: String(lost.reduce((sum, [, frames]) => sum + frames, 0)),
    causes: lost.map(([cause, frames]) => `${frames} ${CAUSE_WORDS[cause] ?? cause}`).join(", "),
    problem: stats.error ? `${stats.error.code}  ${stats.error.message}` : "",
  };
  for (const [name, words] of Object.entries(text)) parts[name as keyof Parts].textContent = words;
  parts.state.dataset["state"] = stats.state;
  parts.problem.hidden = !stats.error;
  showClasses(parts.classes, stats.objects, classIds);
}

function showClasses(list: HTMLElement, objects: StatsRecord["objects"], classIds: ReadonlyMap<string, number>): void {
  const rows = Object.entries(objects)
    .toSorted(([, a], [, b]) => b - a)
    .map(([label, seen]) => {
      const row = document.createElement("li");
      const classId = classIds.get(label);
      if (classId !== undefined) row.style.setProperty("--class-colour", colourOf(classId));
      row.textContent = `${label} ${seen}`;
      return row;
    });
  list.replaceChildren(...rows);
}
