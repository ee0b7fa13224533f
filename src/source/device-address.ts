import { PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import { parsePicture, queryOf, type PictureWish } from "./source-query.js";

/** FFmpeg's inputs for cameras: Linux, macOS, Windows. */
export type DeviceSystem = "v4l2" | "avfoundation" | "dshow";

/** A camera at this machine. */
export interface DeviceAddress {
  readonly kind: "device";
  readonly system: DeviceSystem;
  /** v4l2: a path under /dev. avfoundation: a number or a name. dshow: a name, or a number that is looked up when it is opened. */
  readonly device: string;
  readonly display: string;
  /** What it is asked to deliver; what is left out is its own choice. */
  readonly wish: PictureWish;
}

const SYSTEMS: Partial<Record<NodeJS.Platform, DeviceSystem>> = { linux: "v4l2", android: "v4l2", darwin: "avfoundation", win32: "dshow" };
const V4L2_PATH = /^\/dev\/(video\d+|v4l\/by-(id|path)\/[\w.:+-]+)$/;

/** The system whose cameras can be read here; undefined where there is none. */
export function deviceSystem(platform: NodeJS.Platform): DeviceSystem | undefined {
  return SYSTEMS[platform];
}

/**
 * Reads `device:0`, `device:NAME`, `/dev/video0` or `webcam`, each with `?size=&rate=&format=`. Pure.
 * @returns undefined for a name that means no device
 * @throws PipelineError E_USAGE
 */
export function parseDevice(name: string, platform: NodeJS.Platform): DeviceAddress | undefined {
  const { head, query } = queryOf(name);
  const isPath = V4L2_PATH.test(head);
  const asked = head === "webcam" ? "0" : /^device:(.*)$/s.exec(head)?.[1];
  if (asked === undefined && !isPath) return undefined;
  const system = deviceSystem(platform);
  if (system === undefined) throw new PipelineError("E_USAGE", `${redactAddress(name)}: cameras can't be read on ${platform}`);
  const device = system === "v4l2" ? v4l2Path(isPath ? head : (asked ?? "")) : cameraName(asked);
  if (device === undefined) throw new PipelineError("E_USAGE", `${redactAddress(name)}: a camera is webcam, ${FORMS[system]}; sightline devices lists them`);
  return { kind: "device", system, device, display: redactAddress(name), wish: parsePicture(name, query, ["size", "rate", "format"]) };
}

const FORMS: Readonly<Record<DeviceSystem, string>> = {
  v4l2: "device:NUMBER or a path such as /dev/video0",
  avfoundation: "device:NUMBER or device:NAME",
  dshow: "device:NUMBER or device:NAME",
};

function v4l2Path(asked: string): string | undefined {
  if (/^\d{1,3}$/.test(asked)) return `/dev/video${asked}`;
  return V4L2_PATH.test(asked) ? asked : undefined;
}

/** A colon would name a second device, for sound. */
function cameraName(asked: string | undefined): string | undefined {
  return asked !== undefined && asked !== "" && asked.length <= 500 && !/[\p{Cc}:]/u.test(asked) ? asked : undefined;
}
