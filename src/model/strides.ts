/** Px of the input for one cell of each of the three heads that all YOLO detectors here have. */
export const YOLO_STRIDES_PX = [8, 16, 32] as const;
/** Input sides must be whole multiples of the coarsest stride. */
export const INPUT_MULTIPLE_PX = 32;

/** How many anchors an anchor-free YOLO head has on an input: one for each cell of each grid. 640x640: 8400. */
export function anchorCount(widthPx: number, heightPx: number): number {
  return YOLO_STRIDES_PX.reduce((sum, stride) => sum + Math.floor(widthPx / stride) * Math.floor(heightPx / stride), 0);
}
