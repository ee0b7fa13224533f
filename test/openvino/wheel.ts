import { createHash } from "node:crypto";
import type { OpenvinoRelease } from "../../src/openvino/pins.js";
import { crc32 } from "../support/crc32.js";

/** A ZIP file whose members are not compressed. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, data] = [Buffer.from(path), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const head = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, name, data]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\u0000"), common, place, name]));
    bodies.push(head);
    offset += head.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, entries, Buffer.from("PK\u0005\u0006"), end]);
}

/** A tag of this machine's own would be nobody's business: pip takes what it is told. */
const TAG = "manylinux_2_28_x86_64";

/** A wheel in the form of OpenVINO's, of a few bytes. */
export function tinyWheel(version: string): { readonly name: string; readonly bytes: Buffer } {
  const info = `openvino-${version}.dist-info`;
  const files = {
    "openvino/__init__.py": "",
    "openvino/libs/libopenvino_c.so.2641": "no library",
    "openvino/libs/libopenvino.so.2641": "nor this",
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: openvino\nVersion: ${version}\nRequires-Dist: not-to-be-fetched\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: false\nTag: cp311-cp311-${TAG}\n`,
    [`${info}/licenses/LICENSE`]: "the licence",
  };
  const record = [...Object.keys(files), `${info}/RECORD`].map((path) => `${path},,\n`).join("");
  return { name: `openvino-${version}-1-cp311-cp311-${TAG}.whl`, bytes: zip({ ...files, [`${info}/RECORD`]: record }) };
}

/** A table that names a wheel with these bytes for this machine. */
export function releaseOf(bytes: Uint8Array, version: string, wheel: Partial<OpenvinoRelease["wheels"][string]> = {}): OpenvinoRelease {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    package: "openvino", version, licence: "MIT", page: "https://example.org/ov", python: { version: "3.11", implementation: "cp", abi: "cp311" },
    wheels: { [`${process.platform}-${process.arch}`]: { tag: TAG, glibc: null, bytes: bytes.length, unpackedBytes: 1000, sha256, ...wheel } },
  };
}
