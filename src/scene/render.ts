import { rasterise, type RawPicture } from "../picture/index.js";
import { drawBackground } from "./background.js";
import { applyFlaws } from "./flaws.js";
import { drawFrame, truthFor } from "./frame.js";
import type { Street } from "./street.js";
import type { TrueObject } from "./truth.js";

/** A finished frame and what is in it. */
export interface RenderedFrame {
  /** RGB, 640x360. A buffer of its own. */
  readonly picture: RawPicture;
  readonly objects: readonly TrueObject[];
}

/** Draws one scene at any moment. */
export interface SceneRenderer {
  /** `atS`: seconds after the scene's start. With `flawed`, the camera's noise, blur and JPEG are added. */
  frame(atS: number, flawed?: boolean): Promise<RenderedFrame>;
}

/** Prepares a scene: its background is drawn here, once. One frame at a time. */
export async function createRenderer(street: Street): Promise<SceneRenderer> {
  const background = await rasterise(drawBackground(street), { channels: 3 });
  const truth = truthFor(street);
  return {
    frame: async (atS, flawed = false) => {
      const { svg, objects } = drawFrame(street, atS, truth);
      const layer = await rasterise(svg, { channels: 4 });
      const picture = { ...background, data: blend(background.data, layer.data) };
      if (!flawed) return { picture, objects };
      return { picture: await applyFlaws(picture, street.flaws, street.paintSeed + Math.round(atS * 1000)), objects };
    },
  };
}

/** Lays RGB with straight alpha over RGB of the same size. */
function blend(under: Uint8Array, over: Uint8Array): Uint8Array {
  const out = Uint8Array.from(under);
  for (let from = 0, to = 0; from < over.length; from += 4, to += 3) {
    const alpha = over[from + 3] as number;
    if (alpha === 0) continue;
    for (let channel = 0; channel < 3; channel++) {
      const behind = out[to + channel] as number;
      out[to + channel] = behind + (((over[from + channel] as number) - behind) * alpha) / 255;
    }
  }
  return out;
}
