/** Where a frame's picture lies in its slot, in the words of the model's letterbox. */
export interface PicturePlace {
  readonly letterbox: {
    readonly leftPx: number;
    readonly topPx: number;
    readonly contentWidthPx: number;
    readonly contentHeightPx: number;
    readonly inputWidthPx: number;
    readonly sourceWidthPx: number;
    readonly sourceHeightPx: number;
  };
  /** The rows of the input that the slot begins with, full width. */
  readonly rows: { readonly topPx: number; readonly heightPx: number };
  /** `source` = the picture at its own size, B G R of each pixel side by side. Else planes G, B, R of the rows. */
  readonly pixels?: "fitted" | "source";
}

/** Cells across a picture of the usual shape: some 8 px each of an input of 640 px. */
const CELLS_ACROSS = 80;
/** Smaller cells would be mostly noise. */
const LEAST_CELL_PX = 8;
/** Pixels that are read in each row of a cell, and rows: a mean of 16 has a quarter of the pixels' noise. */
const TAPS = 4;

/** A picture as means of green, one a cell, row by row. Green is most of what luma is, and has a plane of its own. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
  /** How much of the picture the cells cover. */
  readonly widthShare: number;
  readonly heightShare: number;
  /** The newest picture's means, 0 to 255. */
  readonly means: Float32Array;
  /** Whether it is the grid of pictures that lie so. */
  fits(place: PicturePlace): boolean;
  /** Fills `means`. pixels: the slot's bytes, may be shared memory. */
  read(pixels: Uint8Array): void;
}

/** Makes the grid of pictures that lie in their slots as this one does. What does not fill a cell at the right and lower edge is left out. */
export function makeGrid(place: PicturePlace): CellGrid {
  const { origin, pixelBytes, lineBytes, widthPx, heightPx } = extentOf(place);
  const cellPx = Math.max(LEAST_CELL_PX, Math.floor(Math.max(widthPx, heightPx) / CELLS_ACROSS));
  const columns = Math.max(1, Math.floor(widthPx / cellPx));
  const rows = Math.max(1, Math.floor(heightPx / cellPx));
  const across = taps(columns, cellPx, widthPx, pixelBytes, 0);
  const down = taps(rows, cellPx, heightPx, lineBytes, origin);
  const means = new Float32Array(columns * rows);
  const key = keyOf(place);
  let known = place.letterbox;
  return {
    columns,
    rows,
    widthShare: Math.min(1, (columns * cellPx) / widthPx),
    heightShare: Math.min(1, (rows * cellPx) / heightPx),
    means,
    fits: (other) => other.letterbox === known || (keyOf(other) === key && (known = other.letterbox) !== undefined),
    read(pixels) {
      for (let row = 0, cell = 0; row < rows; row += 1) {
        for (let column = 0; column < columns; column += 1, cell += 1) {
          const at = column * TAPS;
          const [a, b, c, d] = [across[at]!, across[at + 1]!, across[at + 2]!, across[at + 3]!];
          let sum = 0;
          for (let line = row * TAPS; line < row * TAPS + TAPS; line += 1) {
            const from = down[line]!;
            sum += pixels[from + a]! + pixels[from + b]! + pixels[from + c]! + pixels[from + d]!;
          }
          means[cell] = sum / (TAPS * TAPS);
        }
      }
    },
  };
}

/** The picture without its padding, and how green lies in it, bytes. */
function extentOf({ letterbox, rows, pixels }: PicturePlace) {
  if (pixels === "source") {
    const { sourceWidthPx: widthPx, sourceHeightPx: heightPx } = letterbox;
    return { origin: 1, pixelBytes: 3, lineBytes: 3 * widthPx, widthPx, heightPx };
  }
  const left = Math.max(0, letterbox.leftPx);
  const right = Math.min(letterbox.inputWidthPx, letterbox.leftPx + letterbox.contentWidthPx);
  const top = Math.max(0, letterbox.topPx - rows.topPx);
  const bottom = Math.min(rows.heightPx, letterbox.topPx + letterbox.contentHeightPx - rows.topPx);
  return { origin: top * letterbox.inputWidthPx + left, pixelBytes: 1, lineBytes: letterbox.inputWidthPx, widthPx: right - left, heightPx: bottom - top };
}

/** Where the pixels to read are: TAPS of each cell, evenly spread. A picture smaller than a cell is read more than once in places. */
function taps(cells: number, cellPx: number, sizePx: number, stepBytes: number, origin: number): Int32Array {
  return Int32Array.from({ length: cells * TAPS }, (_, i) => {
    const px = Math.floor(i / TAPS) * cellPx + Math.floor((((i % TAPS) + 0.5) * cellPx) / TAPS);
    return origin + Math.min(sizePx - 1, px) * stepBytes;
  });
}

function keyOf({ letterbox, rows, pixels }: PicturePlace): string {
  const { leftPx, topPx, contentWidthPx, contentHeightPx, inputWidthPx, sourceWidthPx, sourceHeightPx } = letterbox;
  return [leftPx, topPx, contentWidthPx, contentHeightPx, inputWidthPx, sourceWidthPx, sourceHeightPx, rows.topPx, rows.heightPx, pixels].join();
}
