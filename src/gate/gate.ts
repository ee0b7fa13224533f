import { isInside, type Polygon } from "../core/area.js";
import { makeBackground, type Background } from "./background.js";
import { makeGrid, type CellGrid, type PicturePlace } from "./cells.js";
import { MOTION_RULES, type Sensitivity } from "./sensitivity.js";
import { wishFor, wishOver, wishSeen, wishStart, type GateFrame, type Verdict, type WishTimes } from "./wish.js";

/** What a gate is told. */
export interface GateRule extends WishTimes {
  readonly sensitivity: Sensitivity;
  /** Areas where nothing counts as motion: clocks, trees. */
  readonly ignore: readonly Polygon[];
}

/** What the gate made of the last picture, for people. */
export interface GateView {
  readonly frame: number;
  readonly verdict: Verdict;
  readonly columns: number;
  readonly rows: number;
  /** One digit a cell, row by row: 0 quiet, 1 changed but not in motion, 2 moving, 3 not looked at. */
  readonly cells: string;
  /** Where the cells lie, shares of the picture: what is left of the last column and row is not looked at. */
  readonly widthShare: number;
  readonly heightShare: number;
}

/** Looks for motion in the frames of one stream, in their order. */
export interface MotionGate {
  /**
   * Decides on a frame, in its slot; everything but `still` is to be inferred.
   * epoch: at a new one the scene is learnt anew. pixels: the slot's bytes, only read.
   */
  judge(frame: GateFrame, epoch: number, place: PicturePlace, pixels: Uint8Array): Verdict;
  /** A frame came back detected. */
  seen(frame: GateFrame): void;
  /** A frame ended without being detected: the next one takes its place. */
  missed(frame: number): void;
  /** What is asked of a picture has changed: the next frame is inferred whatever moves. */
  lookAnew(): void;
  /** undefined before the first frame. Made when it is asked for. */
  view(): GateView | undefined;
}

/** Makes a gate. */
export function motionGate(rule: GateRule): MotionGate {
  let wish = wishStart();
  let epochNow: number | undefined;
  let scene: { readonly grid: CellGrid; readonly background: Background } | undefined;
  let last: { readonly frame: number; readonly verdict: Verdict } | undefined;

  function sceneFor(epoch: number, place: PicturePlace): NonNullable<typeof scene> {
    if (scene && epoch === epochNow && scene.grid.fits(place)) return scene;
    const grid = makeGrid(place);
    const masked = maskOf(grid, rule.ignore);
    epochNow = epoch;
    wish = wishStart();
    return (scene = { grid, background: makeBackground(grid.columns, grid.rows, masked, MOTION_RULES[rule.sensitivity]) });
  }

  return {
    judge(frame, epoch, place, pixels) {
      const { grid, background } = sceneFor(epoch, place);
      grid.read(pixels);
      const verdict = wishFor(wish, frame, background.look(grid.means, frame.timeMs), rule);
      last = { frame: frame.frame, verdict };
      return verdict;
    },
    seen: (frame) => wishSeen(wish, frame),
    missed: (frame) => wishOver(wish, frame),
    lookAnew: () => void (wish = wishStart()),
    view() {
      if (!scene || !last) return undefined;
      const { grid, background } = scene;
      return { ...last, columns: grid.columns, rows: grid.rows, cells: background.cells.join(""), widthShare: grid.widthShare, heightShare: grid.heightShare };
    },
  };
}

/** Cells whose middle lies in one of the areas. */
function maskOf({ columns, rows, widthShare, heightShare }: CellGrid, areas: readonly Polygon[]): Uint8Array {
  return Uint8Array.from({ length: columns * rows }, (_, cell) => {
    const x = (((cell % columns) + 0.5) / columns) * widthShare;
    const y = ((Math.floor(cell / columns) + 0.5) / rows) * heightShare;
    return areas.some((area) => isInside(area, x, y)) ? 1 : 0;
  });
}
