import { extname } from "node:path";
import { PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import { parseDevice, type DeviceAddress } from "./device-address.js";
import { parseNetworkAddress, type NetworkAddress } from "./network-address.js";
import { parsePicture, queryOf } from "./source-query.js";

/** Extensions that are read as pictures, one frame each. */
export const IMAGE_EXTENSIONS = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"] as const;

/** What a source's name asks for. */
export type SourceAddress =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "images"; readonly pattern: string }
  | { readonly kind: "numbered"; readonly frames: number }
  | NetworkAddress
  | DeviceAddress
  | { readonly kind: "stdin" }
  /** A picture that FFmpeg draws, at the pace of a camera. `name`: FFmpeg's graph for it. */
  | { readonly kind: "pattern"; readonly name: string; readonly display: string };

const DEFAULT_NUMBERED_FRAMES = 1000;
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
/** Test pictures by our names, and what FFmpeg calls them. */
const PATTERNS: Readonly<Record<string, string>> = { bars: "smptebars", smptebars: "smptebars", smptehdbars: "smptehdbars", testsrc: "testsrc", testsrc2: "testsrc2" };
const PATTERN_DEFAULTS = { widthPx: 1280, heightPx: 720, rateFps: 30 };

/**
 * Tells a source by its name, and by whether it is a folder. Pure.
 * @param platform as in process.platform: which devices there are
 * @throws PipelineError E_SOURCE_SCHEME, E_USAGE
 */
export function parseAddress(name: string, isFolder: boolean, platform: NodeJS.Platform = process.platform): SourceAddress {
  if (name.trim() === "") throw new PipelineError("E_USAGE", "the name of a source is empty; expected is an address, a camera, a video file, a picture, a folder, - or a test source");
  if (name === "-") return { kind: "stdin" };
  if (/^test:/i.test(name)) return testAddress(name);
  const scheme = SCHEME.exec(name)?.[1];
  if (scheme !== undefined) return parseNetworkAddress(name, scheme);
  // As a path it would be shown whole, with its password.
  if (SCHEME.test(name.trimStart())) throw new PipelineError("E_USAGE", `${redactAddress(name.trimStart())}: an address can't begin with white space`);
  const device = parseDevice(name, platform);
  if (device !== undefined) return device;
  const isImage = IMAGE_EXTENSIONS.some((extension) => extension === extname(name).toLowerCase());
  if (isFolder || isImage || /[*?[{]/.test(name)) return { kind: "images", pattern: name };
  return { kind: "file", path: name };
}

/** Whether frames come when they come (newest first, some may be skipped), or wait for us. A file is live only when it is played in real time. */
export function isLiveAddress(address: SourceAddress, realtime = false): boolean {
  switch (address.kind) {
    case "network":
    case "device":
    case "pattern":
      return true;
    case "file":
    case "stdin":
      return realtime;
    case "images":
    case "numbered":
      return false;
  }
}

/** The same of a name. One that is no source's is not live: it says so when it is opened. */
export function isLiveName(name: string, realtime: boolean): boolean {
  try {
    return isLiveAddress(parseAddress(name, false), realtime);
  } catch {
    return false;
  }
}

/** A source's name for people, logs and records: without secrets. */
export function displayOf(address: SourceAddress): string {
  switch (address.kind) {
    case "file":
      return address.path;
    case "images":
      return address.pattern;
    case "numbered":
      return "test:numbered";
    case "stdin":
      return "standard input";
    case "network":
    case "device":
    case "pattern":
      return address.display;
  }
}

function testAddress(name: string): SourceAddress {
  const { head, query } = queryOf(name);
  const which = head.slice("test:".length);
  if (which === "numbered") return { kind: "numbered", frames: numberedFrames(name) };
  const graph = Object.hasOwn(PATTERNS, which) ? PATTERNS[which] : undefined;
  if (graph === undefined) {
    throw new PipelineError("E_USAGE", `${redactAddress(name)}: the test sources are test:numbered and ${Object.keys(PATTERNS).map((one) => `test:${one}`).join(", ")}`);
  }
  const { widthPx, heightPx, rateFps } = { ...PATTERN_DEFAULTS, ...parsePicture(name, query, ["size", "rate"]) };
  return { kind: "pattern", name: `${graph}=size=${widthPx}x${heightPx}:rate=${rateFps}`, display: name };
}

/** `test:numbered` or `test:numbered?frames=500`; the number is 16 bits wide, so more frames than that would repeat. */
function numberedFrames(name: string): number {
  const parsed = /^test:numbered(?:\?frames=(\d+))?$/.exec(name);
  const frames = Number(parsed?.[1] ?? DEFAULT_NUMBERED_FRAMES);
  if (!parsed || frames < 1 || frames > 65_536) {
    throw new PipelineError("E_USAGE", `${redactAddress(name)}: the test source is test:numbered or test:numbered?frames=N with N from 1 to 65536`);
  }
  return frames;
}
