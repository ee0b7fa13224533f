import type { Screen } from "./screen.js";
import type { StreamModel } from "./stream-model.js";
import { panBy, WHOLE, zoomAt, type Look, type Size } from "./viewport.js";

/** Looking closer at a screen. */
export interface Zoom {
  /** Zooms around the middle. */
  by(factor: number): void;
  reset(): void;
}

/** How much one turn of a wheel's notch (about 100) zooms, as an exponent. */
const WHEEL = 1 / 400;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Lets wheel, drag, pinch and double click change what of the picture is seen. `changed` gets the new zoom. */
export function zoomable(screen: Screen, model: StreamModel, changed: (zoom: number) => void): Zoom {
  const { canvas } = screen;
  const pointers = new Map<number, Point>();
  const stage = (): Size => ({ width: canvas.clientWidth, height: canvas.clientHeight });
  const picture = (): Size => model.shown?.picture.image.bitmap ?? { width: 16, height: 9 };
  const set = (look: Look): void => {
    screen.look = look;
    canvas.classList.toggle("is-zoomed", look.zoom > 1);
    screen.redraw();
    changed(look.zoom);
  };
  const at = (factor: number, pointer: Point): void => set(zoomAt(screen.look, factor, pointer, stage(), picture()));
  const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  canvas.addEventListener("wheel", (event) => {
    // The page scrolls on when there is nothing to zoom out of.
    if (event.deltaY > 0 && screen.look.zoom <= 1) return;
    event.preventDefault();
    at(Math.exp(-event.deltaY * WHEEL), pointOf(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => (screen.look.zoom > 1 ? set(WHOLE) : at(2.5, pointOf(event))));
  canvas.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, pointOf(event));
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = pointOf(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other) at(distance(now, other) / Math.max(1, distance(before, other)), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    else if (screen.look.zoom > 1) set(panBy(screen.look, now.x - before.x, now.y - before.y, stage(), picture()));
  });
  for (const end of ["pointerup", "pointercancel"] as const) canvas.addEventListener(end, ({ pointerId }) => pointers.delete(pointerId));
  return {
    by: (factor) => at(factor, { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 }),
    reset: () => set(WHOLE),
  };
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
