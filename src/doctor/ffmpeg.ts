import { execFile } from "node:child_process";
import { ok, type Look } from "./examine.js";

/** What a short run of a program gave. */
interface Answer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const RUN_TIMEOUT_MS = 20_000;
const MOST_OUTPUT_BYTES = 8 * 1024 * 1024;
/** The try-out's picture, px. */
const TRY_WIDTH = 64;
const TRY_HEIGHT = 48;
const RGB = 3;

/** Everything that sightline asks of FFmpeg, in one tiny run: a frame in, the same frame out as planes, and its words about it. */
const TRY_OUT = [
  "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info",
  "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", `${TRY_WIDTH}x${TRY_HEIGHT}`, "-i", "pipe:0",
  "-filter_complex", "[0:v:0]showinfo=checksum=0,split=2[a][b];[a]format=gbrp,pad=w=80:h=80:x=8:y=16:color=0x727272[px];[b]select='not(mod(n,3))',scale=w=32:h=24:out_range=full:out_color_matrix=bt601,format=yuv420p[pv]",
  "-map", "[px]", "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1",
  "-map", "[pv]", "-fps_mode", "passthrough", "-f", "null", "-",
];
const TRY_OUT_BYTES = 80 * 80 * RGB;

/** Codecs of nearly every camera and clip. */
const USUAL_DECODERS = ["h264", "hevc", "vp9", "av1", "mjpeg"];
const NEEDED_PROTOCOLS = ["file", "pipe"];

/** Whether FFmpeg and ffprobe are there, new enough, and can do what is asked of them. `version` throws when one is missing or too old. */
export function ffmpegLook(paths: { readonly ffmpeg: string; readonly ffprobe: string }, version: (path: string) => Promise<{ readonly text: string }>): Look {
  return {
    name: "FFmpeg",
    async look() {
      const { text } = await version(paths.ffmpeg);
      await version(paths.ffprobe);
      const tried = await run(paths.ffmpeg, TRY_OUT, Buffer.alloc(TRY_WIDTH * TRY_HEIGHT * RGB));
      const reason = tryOutTrouble(tried);
      if (reason !== null) return { status: "fail", detail: `${text} can't do what is needed: ${reason}`, next: "install a complete build of FFmpeg 5.1 or newer" };
      return capabilities(text, String((await run(paths.ffmpeg, ["-hide_banner", "-decoders"])).stdout), String((await run(paths.ffmpeg, ["-hide_banner", "-protocols"])).stdout));
    },
  };
}

function tryOutTrouble({ code, stdout, stderr }: Answer): string | null {
  const words = stderr.trim().split("\n").filter((line) => /\[(error|fatal)\]/.test(line)).at(0);
  if (code !== 0) return words ?? `it ended with status ${code}`;
  if (!/n:\s*0 pts:/.test(stderr)) return "showinfo says nothing about its frame";
  return stdout.length === TRY_OUT_BYTES ? null : `it gave ${stdout.length} bytes for a frame of ${TRY_OUT_BYTES}`;
}

/** What the lists of decoders and protocols say. Pure. */
export function capabilities(version: string, decoders: string, protocols: string): ReturnType<typeof ok> {
  const known = USUAL_DECODERS.filter((name) => new RegExp(`^\\s*V\\S*\\s+(${name}|lib\\w*${name})\\s`, "m").test(decoders) || (name === "av1" && /^\s*V\S*\s+libdav1d\s/m.test(decoders)));
  const spoken = protocols.split(/\s+/).filter((word) => [...NEEDED_PROTOCOLS, "http", "https", "tcp", "rtp", "srt"].includes(word));
  const detail = `${version}, showinfo, passthrough and gbrp work, decodes ${known.join(", ")}, protocols ${[...new Set(spoken)].join(", ")}`;
  const lacking = [...USUAL_DECODERS.filter((name) => !known.includes(name)).map((name) => `the decoder ${name}`), ...NEEDED_PROTOCOLS.filter((name) => !spoken.includes(name)).map((name) => `the protocol ${name}`)];
  if (lacking.length === 0) return ok(detail);
  return { status: "warn", detail: `${detail}; lacks ${lacking.join(", ")}`, next: "install a complete build of FFmpeg if your sources need it" };
}

function run(program: string, args: readonly string[], input?: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { timeout: RUN_TIMEOUT_MS, maxBuffer: MOST_OUTPUT_BYTES, encoding: "buffer" as const, killSignal: "SIGKILL" as const };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr: String(stderr) });
    });
    // A program that does not read its input is judged by what it says, not by a broken pipe.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
