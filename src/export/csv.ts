import { textFile } from "./text-file.js";
import type { ExportFormat, ExportFrame } from "./writer.js";

const COLUMNS = [
  "stream", "run", "epoch", "frame", "pts_ms", "captured_at", "width_px", "height_px", "class_id", "label", "score", "x1", "y1", "x2", "y2", "track_id",
] as const;

/** RFC 4180: a header, then a row for each object; a frame without objects has none. */
export const csv: ExportFormat = {
  kind: "file",
  hasBoxesOnly: true,
  async open(path) {
    const file = await textFile(path);
    await file.write(row(COLUMNS));
    return {
      async frame(frame) {
        for (const object of frame.objects) await file.write(row(cellsOf(frame, object)));
      },
      async finish() {
        await file.end();
        return [];
      },
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  },
};

type Cell = string | number | null | undefined;

function cellsOf({ record, run }: ExportFrame, { classId, label, score, box, trackId }: ExportFrame["objects"][number]): Cell[] {
  return [record.stream, run, record.epoch, record.frame, record.ptsMs, record.capturedAt, record.widthPx, record.heightPx, classId, label, score, ...box, trackId];
}

const row = (cells: readonly Cell[]): string => `${cells.map(cell).join(",")}\r\n`;

/** Quoted where the text holds a quote, a comma or a line's end. */
function cell(value: Cell): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
