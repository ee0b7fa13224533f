import { fromOne, xywh } from "./boxes.js";
import { filePerStream } from "./per-stream.js";
import type { ExportFormat, ExportFrame } from "./writer.js";

/**
 * MOTChallenge's detections, a file for each stream: `frame,id,left,top,width,height,conf,x,y,z`. Frames and pixels count
 * from 1 there: frame 0 of a record is 1, and the picture's corner is (1, 1). id is the record's track number, -1 without.
 */
export const mot: ExportFormat = {
  kind: "folder",
  hasBoxesOnly: true,
  takesStill: true,
  isOurs: (name) => name.endsWith(".txt"),
  open: (folder) => Promise.resolve(filePerStream(folder, ".txt", () => ({ head: "", frame: linesOf, tail: () => "" }))),
};

function linesOf({ record, objects }: ExportFrame): string {
  return objects
    .map(({ box, score, trackId = -1 }) => {
      const [left, top, width, height] = xywh(box);
      return `${[record.frame + 1, trackId, fromOne(left), fromOne(top), width, height, score, -1, -1, -1].join(",")}\n`;
    })
    .join("");
}
