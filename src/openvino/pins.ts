import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, PipelineError } from "../core/errors.js";
import { z } from "../core/schema.js";

/** Seen from the compiled `dist/src/openvino`. */
const TABLE_FILE = new URL("../../../config/runtimes.json", import.meta.url);
/** Names another table, in the same form. */
const TABLE_VARIABLE = "SIGHTLINE_RUNTIMES_REGISTRY";

const sizeSchema = z.int().positive();
const wheelSchema = z.strictObject({
  tag: z.string().regex(/^\w+$/),
  glibc: z.string().regex(/^\d+\.\d+$/).nullable(),
  bytes: sizeSchema,
  unpackedBytes: sizeSchema,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const openvinoSchema = z.strictObject({
  package: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  version: z.string().regex(/^20\d\d\.\d+\.\d+$/),
  python: z.strictObject({ version: z.string().regex(/^\d\.\d+$/), implementation: z.string().regex(/^[a-z]+$/), abi: z.string().regex(/^\w+$/) }),
  licence: z.string().min(1),
  page: z.string().min(1),
  wheels: z.record(z.string().regex(/^[a-z0-9]+-[a-z0-9]+$/), wheelSchema),
});
const tableSchema = z.strictObject({ v: z.literal(1), openvino: openvinoSchema });

/**
 * The release of OpenVINO that is added.
 * python   for which Python the wheel was made; any Python may bring it, since only its libraries are kept
 * wheels   by system and processor as Node names them: linux-x64
 */
export type OpenvinoRelease = Readonly<z.output<typeof openvinoSchema>>;

/**
 * The file with the libraries for one system.
 * tag            the system in pip's words
 * glibc          the oldest C library that it runs with; null where that is no matter
 * unpackedBytes  of all its files
 */
export type Wheel = Readonly<z.output<typeof wheelSchema>>;

/**
 * What is added: that of config/runtimes.json, or of the file that SIGHTLINE_RUNTIMES_REGISTRY names.
 * @throws PipelineError E_RUNTIME_ADD
 */
export async function readRelease(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<OpenvinoRelease> {
  const own = environment[TABLE_VARIABLE] ?? "";
  const path = own === "" ? fileURLToPath(TABLE_FILE) : resolve(own);
  const parsed = tableSchema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data.openvino;
  throw new PipelineError("E_RUNTIME_ADD", parsed.error.issues.map((issue) => `${path}: ${issue.path.map(String).join(".")}: ${issue.message}`).join("\n"));
}

/** What a wheel has to fit. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** The C library's version, such as "2.36"; null where it is another library or none. */
  readonly glibc: string | null;
}

/** The wheel for a machine. Pure. @throws PipelineError E_RUNTIME_ADD when there is none that runs there */
export function wheelFor({ wheels, version }: OpenvinoRelease, { platform, arch, glibc }: Machine): Wheel {
  const system = `${platform}-${arch}`;
  const wheel = wheels[system];
  const build = "for this machine it is to be built from its source, and named in inference.openvinoPath";
  if (wheel === undefined) throw new PipelineError("E_RUNTIME_ADD", `OpenVINO ${version} is there for ${Object.keys(wheels).join(", ")}, not for ${system}; ${build}`);
  if (wheel.glibc !== null && !isAtLeast(glibc, wheel.glibc)) {
    throw new PipelineError("E_RUNTIME_ADD", `OpenVINO ${version} for ${system} needs glibc ${wheel.glibc} or newer, here is ${glibc ?? "another C library"}; ${build}`);
  }
  return wheel;
}

/** This machine. */
export function thisMachine(): Machine {
  const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
  return { platform: process.platform, arch: process.arch, glibc: glibcVersionRuntime ?? null };
}

function isAtLeast(version: string | null, least: string): boolean {
  return version !== null && version.localeCompare(least, "en", { numeric: true }) >= 0;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (cause) {
    throw new PipelineError("E_RUNTIME_ADD", `${path} can't be read: ${messageOf(cause)}`, { cause });
  }
}
