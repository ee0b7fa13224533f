import { readdir, readFile } from "node:fs/promises";
import { deviceSystem, type DeviceSystem } from "./device-address.js";
import { runShort } from "./child.js";

/** One way in which a camera delivers. */
export interface DeviceFormat {
  /** Pixel format or codec by FFmpeg's name: what `?format=` takes. */
  readonly format: string;
  /** `WIDTHxHEIGHT`, each that it has; empty when it does not say. */
  readonly sizes: readonly string[];
  /** Highest rate, where it says one. */
  readonly mostFps: number | null;
}

/** A camera at this machine. */
export interface Device {
  /** What is written as a source: `device:0`, or `device:NAME`. */
  readonly source: string;
  /** As FFmpeg calls it. */
  readonly device: string;
  readonly name: string;
  readonly formats: readonly DeviceFormat[];
}

/** The cameras of a system; `system` null = there are none that we could read. */
export interface DeviceList {
  readonly system: DeviceSystem | null;
  readonly devices: readonly Device[];
}

const QUIET = ["-hide_banner", "-nostdin", "-loglevel", "info"];

/**
 * Lists the cameras with their formats.
 * @throws PipelineError E_FFMPEG_MISSING, E_STOPPED
 */
export async function listDevices(ffmpegPath: string, signal?: AbortSignal, platform: NodeJS.Platform = process.platform): Promise<DeviceList> {
  const system = deviceSystem(platform) ?? null;
  // FFmpeg lists on stderr and then fails, for there is nothing to open.
  const say = async (...args: string[]): Promise<string> => (await runShort(ffmpegPath, [...QUIET, ...args], signal)).stderr;
  switch (system) {
    case null:
      return { system, devices: [] };
    case "v4l2": {
      const cameras = await v4l2Cameras();
      const listed = await Promise.all(
        cameras.map(async ({ number, name }): Promise<Device> => {
          const device = `/dev/video${number}`;
          const formats = parseV4l2Formats(await say("-f", "v4l2", "-list_formats", "all", "-i", device));
          return { source: `device:${number}`, device, name, formats };
        }),
      );
      // A camera has further nodes, for its metadata; those have no formats.
      return { system, devices: listed.filter(({ formats }) => formats.length > 0) };
    }
    case "avfoundation":
      return { system, devices: parseAvfoundation(await say("-f", "avfoundation", "-list_devices", "true", "-i", "")) };
    case "dshow": {
      const names = parseDshow(await say("-f", "dshow", "-list_devices", "true", "-i", "dummy"));
      const devices = names.map(async (name, index): Promise<Device> => {
        const formats = parseDshowFormats(await say("-f", "dshow", "-list_options", "true", "-i", `video=${name}`));
        return { source: `device:${index}`, device: name, name, formats };
      });
      return { system, devices: await Promise.all(devices) };
    }
  }
}

const V4L2_FOLDER = "/sys/class/video4linux";

async function v4l2Cameras(): Promise<{ number: number; name: string }[]> {
  const nodes = await readdir(V4L2_FOLDER).catch(() => []);
  const numbers = nodes.flatMap((node) => /^video(\d+)$/.exec(node)?.[1] ?? []).map(Number);
  return Promise.all(
    numbers
      .sort((a, b) => a - b)
      .map(async (number) => ({ number, name: (await readFile(`${V4L2_FOLDER}/video${number}/name`, "utf8").catch(() => "")).trim() })),
  );
}

/** `[video4linux2,v4l2 @ 0x1] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 1280x720`. Pure. */
export function parseV4l2Formats(stderr: string): DeviceFormat[] {
  return stderr.split("\n").flatMap((line): DeviceFormat[] => {
    const [, format, sizes] = /\] (?:\[info\] )?(?:Raw|Compressed) *: +([\w-]+) : .*? : *(.*)$/.exec(line) ?? [];
    if (format === undefined || format === "Unsupported") return [];
    return [{ format, sizes: sizes?.match(/\b\d+x\d+\b/g) ?? [], mostFps: null }];
  });
}

/** `[AVFoundation indev @ 0x7f] [0] FaceTime HD Camera`, after a headline for video and before one for audio. Pure. */
export function parseAvfoundation(stderr: string): Device[] {
  const video = /AVFoundation video devices:([^]*?)(?:AVFoundation audio devices:|$)/.exec(stderr)?.[1] ?? "";
  return [...video.matchAll(/\] \[(\d+)\] (.+)$/gm)].map(([, index = "", name = ""]) => ({ source: `device:${index}`, device: index, name: name.trim(), formats: [] }));
}

/** `[dshow @ 0x1]  "HD Webcam" (video)` since 5.0; before, a headline stood over each kind. Pure. */
export function parseDshow(stderr: string): string[] {
  const marked = [...stderr.matchAll(/^\[[^\]]*\] *"([^"]+)" \((?:[a-z]+, )*video(?:, [a-z]+)*\)/gm)].map(([, name = ""]) => name);
  if (marked.length > 0) return marked;
  const section = /DirectShow video devices([^]*?)(?:DirectShow audio devices|$)/.exec(stderr)?.[1] ?? "";
  return [...section.matchAll(/^\[[^\]]*\] +"([^"@][^"]*)"/gm)].map(([, name = ""]) => name);
}

/** `[dshow @ 0x1]   pixel_format=yuyv422  min s=640x480 fps=5 max s=1280x720 fps=30`, or `vcodec=mjpeg`. Pure. */
export function parseDshowFormats(stderr: string): DeviceFormat[] {
  const found = new Map<string, { sizes: Set<string>; mostFps: number }>();
  for (const [, format = "", size = "", rate] of stderr.matchAll(/(?:pixel_format|vcodec)=(\w+) .*max s=(\d+x\d+) fps=([\d.]+)/g)) {
    const known = found.get(format) ?? { sizes: new Set<string>(), mostFps: 0 };
    known.sizes.add(size);
    found.set(format, { sizes: known.sizes, mostFps: Math.max(known.mostFps, Math.floor(Number(rate) + 0.01)) });
  }
  return [...found].map(([format, { sizes, mostFps }]) => ({ format, sizes: [...sizes], mostFps }));
}
