/** What of the picture is looked at: 1 = all of it; the middle of the look in parts of the picture, 0..1. */
export interface Look {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/** Where a picture lies on the screen, CSS px. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Width and height of something. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** All of the picture. */
export const WHOLE: Look = { zoom: 1, x: 0.5, y: 0.5 };
/** Beyond this one pixel of a 640 px picture is as large as a thumb. */
export const MOST_ZOOM = 16;

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** Places a picture in a stage: all of it is seen at zoom 1, and no edge is drawn into the stage while it is larger. */
export function place(stage: Size, picture: Size, { zoom, x, y }: Look): Placement {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height) * zoom;
  const [width, height] = [picture.width * scale, picture.height * scale];
  const start = (whole: number, part: number, middle: number): number =>
    part <= whole ? (whole - part) / 2 : within(whole / 2 - middle * part, whole - part, 0);
  return { left: start(stage.width, width, x), top: start(stage.height, height, y), width, height };
}

/** The look after zooming by a factor, with the point under the pointer (CSS px of the stage) left where it is. */
export function zoomAt(look: Look, factor: number, pointer: { readonly x: number; readonly y: number }, stage: Size, picture: Size): Look {
  const zoom = within(look.zoom * factor, 1, MOST_ZOOM);
  const before = place(stage, picture, look);
  const at = { x: (pointer.x - before.left) / before.width, y: (pointer.y - before.top) / before.height };
  const after = place(stage, picture, { ...look, zoom });
  return kept({ zoom, x: at.x + (stage.width / 2 - pointer.x) / after.width, y: at.y + (stage.height / 2 - pointer.y) / after.height }, stage, picture);
}

/** The look after the picture was dragged, CSS px. */
export function panBy(look: Look, dx: number, dy: number, stage: Size, picture: Size): Look {
  const { width, height } = place(stage, picture, look);
  return kept({ ...look, x: look.x - dx / width, y: look.y - dy / height }, stage, picture);
}

/** The middle that `place` really shows: dragging further than the edge is forgotten at once. */
function kept(look: Look, stage: Size, picture: Size): Look {
  if (look.zoom <= 1) return WHOLE;
  const { left, top, width, height } = place(stage, picture, look);
  return { zoom: look.zoom, x: (stage.width / 2 - left) / width, y: (stage.height / 2 - top) / height };
}
