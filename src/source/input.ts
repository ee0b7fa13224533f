import type { SourceKind } from "./kind.js";

/** How a source is read. */
export interface InputSettings {
  /** Files: at their own pace, as a camera would deliver them. */
  readonly realtime?: boolean;
  /** Files: again and again. */
  readonly loop?: boolean;
  /** Longest silence of a network source that FFmpeg itself bears, ms. More than our own limits: it is for an FFmpeg that has outlived us. */
  readonly ioTimeoutMs?: number;
}

/** FFmpeg's input side. */
export interface InputPlan {
  /** What follows `-i`. */
  readonly input: string;
  /** What stands before `-i`. */
  readonly options: readonly string[];
  /** pipe: FFmpeg reads `stdinText`, or where there is none the bytes of our own standard input. */
  readonly stdin: "ignore" | "pipe";
  /** To be written whole, then closed. Holds secrets; it never becomes an argument. */
  readonly stdinText?: string;
}

/** FFmpeg's arguments for what is read by FFmpeg: files and addresses of the network. Pure. */
export function inputPlan(source: SourceKind, settings: InputSettings): InputPlan {
  if (source.kind === "file") {
    const pace = [...(settings.realtime ? ["-re"] : []), ...(settings.loop ? ["-stream_loop", "-1"] : [])];
    return { input: `file:${source.path}`, options: ["-protocol_whitelist", "file", ...pace], stdin: "ignore" };
  }
  if (source.kind !== "network") throw new TypeError(`${source.kind} is not read by FFmpeg`);
  const timeout = String((settings.ioTimeoutMs ?? 30_000) * 1000);
  const rtsp = /^rtsps?:/i.test(source.url);
  const options = rtsp
    ? ["-rtsp_transport", "tcp", "-timeout", timeout, "-protocol_whitelist", "rtp,udp,tcp,tls,srtp"]
    : ["-rw_timeout", timeout, "-protocol_whitelist", "http,https,tcp,tls,crypto"];
  // Without it FFmpeg watches 20 frames to guess a rate, 1.4 s at 15 fps.
  return { input: source.url, options: ["-fpsprobesize", "0", "-flags", "low_delay", ...options], stdin: "ignore" };
}
