import { readFileSync } from "node:fs";
import type { ModelInfo } from "../../src/model/index.js";
import { loadModelInfo } from "../../src/pool/index.js";
import { shared } from "../support/paths.js";

/** What `../shared/fixtures/index.json` says of one model; made by its exporter. */
export interface FixtureEntry {
  readonly name: string;
  readonly opset: readonly number[];
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly raw: {
    readonly frame40: { readonly input_shape: readonly number[]; readonly outputs: readonly (readonly number[])[] };
  };
}

/** One object as its authors' own code found it, in source pixels. */
export interface ExpectedObject {
  readonly cls: number;
  readonly conf: number;
  readonly xyxy: readonly [number, number, number, number];
}

/** Size of `frame40.png`, px. */
export const FRAME40 = { widthPx: 768, heightPx: 432 } as const;

export function readJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(shared(...path), "utf8")) as T;
}

export function fixtureIndex(): FixtureEntry[] {
  return readJson("fixtures", "index.json");
}

export function fixturePath(name: string): string {
  return shared("fixtures", `${name}.onnx`);
}

export async function fixtureInfo(name: string): Promise<ModelInfo> {
  return (await loadModelInfo(fixturePath(name), { labels: null })).info;
}

/** A file of raw float32. */
export function readFloats(...path: string[]): Float32Array {
  const bytes = readFileSync(shared(...path));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export function expectedObjects(name: string, conf: "0.001" | "0.25"): ExpectedObject[] {
  type Answers = Record<string, { results: { image: string; detections: ExpectedObject[] }[] }>;
  const answers = readJson<Answers>("fixtures", `${name}.expected.json`)[`conf${conf}`];
  const frame = answers?.results.find(({ image }) => image === "frame40.png");
  if (!frame) throw new Error(`no answer for frame40.png in ${name}`);
  return frame.detections;
}
