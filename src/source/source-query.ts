import { PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";

/** What a device or a test picture can be asked for in its name: `?size=1280x720&rate=30&format=mjpeg`. */
export interface PictureWish {
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly rateFps?: number;
  /** Pixel format or codec by FFmpeg's name, e.g. `yuyv422`, `mjpeg`. */
  readonly format?: string;
}

/** Greatest side of a picture, px, and greatest rate. */
const MOST_PX = 16_384;
const MOST_FPS = 1000;
const WISHES = {
  size: "WIDTHxHEIGHT",
  rate: `frames a second up to ${MOST_FPS}`,
  format: "a pixel format or codec such as yuyv422 or mjpeg",
} as const;

/** Splits a name into what stands before the `?` and the pairs behind it. */
export function queryOf(name: string): { head: string; query: readonly (readonly [string, string])[] } {
  const [head = "", text] = name.split(/\?(.*)/s, 2);
  const pairs = text === undefined ? [] : text.split("&").map((pair) => pair.split(/=(.*)/s, 2));
  return { head, query: pairs.map(([key = "", value = ""]) => [key, value] as const) };
}

/**
 * Reads the wishes in a name.
 * @throws PipelineError E_USAGE with the name, for a key that is not allowed or a value that is none
 */
export function parsePicture(name: string, query: readonly (readonly [string, string])[], allowed: readonly (keyof typeof WISHES)[]): PictureWish {
  return query.reduce<PictureWish>((wish, [key, value]) => {
    const known = allowed.find((one) => one === key);
    if (known === undefined) throw new PipelineError("E_USAGE", `${redactAddress(name)}: ${JSON.stringify(key)} can't be set; allowed: ${allowed.join(", ")}`);
    const read = readWish(known, value);
    if (read === undefined) throw new PipelineError("E_USAGE", `${redactAddress(name)}: ${key} is ${JSON.stringify(value)}; allowed: ${WISHES[known]}`);
    return { ...wish, ...read };
  }, {});
}

function readWish(key: keyof typeof WISHES, value: string): PictureWish | undefined {
  if (key === "format") return /^[a-z0-9]{1,20}$/.test(value) ? { format: value } : undefined;
  if (key === "rate") {
    const rateFps = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    return rateFps > 0 && rateFps <= MOST_FPS ? { rateFps } : undefined;
  }
  const [widthPx = NaN, heightPx = NaN] = (/^(\d{1,5})x(\d{1,5})$/.exec(value) ?? []).slice(1).map(Number);
  const isSize = [widthPx, heightPx].every((side) => side >= 2 && side <= MOST_PX);
  return isSize ? { widthPx, heightPx } : undefined;
}
