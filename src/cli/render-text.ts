import { basename } from "node:path";
import type { Clip, RenderFigures } from "../render/index.js";

/** How far a render is: frames, share, rate, times real time, time left. Pure. */
export function renderingText({ path, expectedFrames }: Pick<Clip, "path" | "expectedFrames">, { frames, mediaMs }: RenderFigures, elapsedMs: number): string {
  const fps = elapsedMs > 0 ? (1000 * frames) / elapsedMs : 0;
  const left = expectedFrames === null || fps === 0 ? null : Math.max(0, expectedFrames - frames) / fps;
  return [
    basename(path),
    expectedFrames === null ? `${frames} frames` : `${frames}/${expectedFrames} frames  ${Math.min(100, Math.floor((100 * frames) / Math.max(1, expectedFrames)))}%`,
    `${fps.toFixed(0)} fps`,
    `${timesRealTime(mediaMs, elapsedMs)} real time`,
    ...(left === null ? [] : [`ETA ${minutes(left)}`]),
  ].join("  ");
}

/** The last line. Pure. */
export function renderedText(out: string, { sounds }: Pick<Clip, "sounds">, { frames, withRecord, objects, mediaMs }: RenderFigures, elapsedMs: number): string {
  const sound = sounds.length === 0 ? "no sound to keep" : "sound kept";
  return `${out}: ${frames} frames (${minutes(mediaMs / 1000)}), ${objects} boxes, ${withRecord} frames with a record, ${sound}; took ${minutes(elapsedMs / 1000)}, ${timesRealTime(mediaMs, elapsedMs)} real time`;
}

const timesRealTime = (mediaMs: number, elapsedMs: number): string => `${(elapsedMs > 0 ? mediaMs / elapsedMs : 0).toFixed(1)}x`;

/** Seconds as `1:02:03`, `2:03`. */
export function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(rest)}` : rest}:${two(whole % 60)}`;
}
