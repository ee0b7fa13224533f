import { extname } from "node:path";
import { PipelineError } from "../core/errors.js";
import { redactUrl } from "../core/redact.js";

/** Extensions that are read as pictures, one frame each. */
export const IMAGE_EXTENSIONS = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"] as const;

/** What a source's name asks for. */
export type SourceKind =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "images"; readonly pattern: string }
  | { readonly kind: "numbered"; readonly frames: number }
  /** `url` may hold secrets, `display` is the same without. */
  | { readonly kind: "network"; readonly url: string; readonly display: string };

const DEFAULT_NUMBERED_FRAMES = 1000;
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/**
 * Tells a source by its name, and by whether it is a folder. Pure.
 * @throws PipelineError E_SOURCE_SCHEME, E_USAGE
 */
export function sourceKind(name: string, isFolder: boolean): SourceKind {
  if (name.startsWith("test:")) return { kind: "numbered", frames: numberedFrames(name) };
  const scheme = SCHEME.exec(name)?.[1];
  if (/^(rtsps?|https?)$/i.test(scheme ?? "")) return { kind: "network", url: name, display: redactUrl(name) };
  if (scheme !== undefined) {
    throw new PipelineError("E_SOURCE_SCHEME", `${redactUrl(name)}: addresses with ${scheme}:// can't be opened, only files, pictures and test:numbered`);
  }
  const isImage = IMAGE_EXTENSIONS.some((extension) => extension === extname(name).toLowerCase());
  if (isFolder || isImage || /[*?[{]/.test(name)) return { kind: "images", pattern: name };
  return { kind: "file", path: name };
}

/** `test:numbered` or `test:numbered?frames=500`; the number is 16 bits wide, so more frames than that would repeat. */
function numberedFrames(name: string): number {
  const parsed = /^test:numbered(?:\?frames=(\d+))?$/.exec(name);
  const frames = Number(parsed?.[1] ?? DEFAULT_NUMBERED_FRAMES);
  if (!parsed || frames < 1 || frames > 65_536) {
    throw new PipelineError("E_USAGE", `${name}: the test source is test:numbered or test:numbered?frames=N with N from 1 to 65536`);
  }
  return frames;
}
