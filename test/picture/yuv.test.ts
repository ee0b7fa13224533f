import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { yuv420ToRgb, type YuvColours } from "../../src/picture/index.js";

/** 64 squares of 8x8 px, each of one colour, so that no way of enlarging the chroma planes makes a difference inside. */
const SQUARES = 8;
const SIDE_PX = 8 * SQUARES;

function squares(): Uint8Array {
  const yuv = new Uint8Array((SIDE_PX * SIDE_PX * 3) / 2);
  for (let y = 0; y < SIDE_PX; y += 1) {
    for (let x = 0; x < SIDE_PX; x += 1) {
      const square = (y >> 3) * SQUARES + (x >> 3);
      yuv[y * SIDE_PX + x] = 20 + ((square * 37) % 210);
      const chroma = SIDE_PX * SIDE_PX + (y >> 1) * (SIDE_PX / 2) + (x >> 1);
      yuv[chroma] = 90 + ((square * 11) % 76);
      yuv[chroma + (SIDE_PX * SIDE_PX) / 4] = 90 + ((square * 29) % 76);
    }
  }
  return yuv;
}

/** FFmpeg's own names of the matrices, in the scale filter. */
const MATRIX_NAMES = { bt601: "bt601", bt709: "bt709", bt2020: "bt2020" };
const CASES = (["limited", "full"] as const).flatMap((range) => (["bt601", "bt709", "bt2020"] as const).map((matrix): YuvColours => ({ range, matrix })));

for (const colours of CASES) {
  test(`${colours.range} range, ${colours.matrix}: the pixels are those that FFmpeg makes`, () => {
    const yuv = squares();
    const scale = `scale=in_range=${colours.range}:in_color_matrix=${MATRIX_NAMES[colours.matrix]}:flags=accurate_rnd+full_chroma_int`;
    const raw = ["-f", "rawvideo", "-s", `${SIDE_PX}x${SIDE_PX}`];
    const args = ["-v", "error", ...raw, "-pix_fmt", "yuv420p", "-i", "-", "-vf", `${scale},format=rgb24`, "-f", "rawvideo", "-"];
    const expected = execFileSync("ffmpeg", args, { input: yuv });
    const rgb = new Uint8Array(SIDE_PX * SIDE_PX * 3);
    yuv420ToRgb(yuv, colours, SIDE_PX, SIDE_PX, rgb);
    for (let square = 0; square < SQUARES * SQUARES; square += 1) {
      const middle = (((square >> 3) * 8 + 4) * SIDE_PX + (square % 8) * 8 + 4) * 3;
      for (const channel of [0, 1, 2]) {
        const [seen, wanted] = [rgb[middle + channel]!, expected[middle + channel]!];
        assert.ok(Math.abs(seen - wanted) <= 2, `square ${square} channel ${channel}: ${seen} for ${wanted}`);
      }
    }
  });
}

test("odd sizes: the last column and row have chroma of their own", () => {
  const yuv = Uint8Array.from([50, 60, 70, 80, 90, 100, 110, 120, 130, ...[128, 228, 128, 128], ...[128, 128, 128, 128]]);
  const rgb = new Uint8Array(27);
  yuv420ToRgb(yuv, { range: "full", matrix: "bt601" }, 3, 3, rgb);
  assert.deepEqual([...rgb.subarray(0, 3)], [50, 50, 50]);
  // Column 2 has the second chroma sample: blue 70 + 1.772 x 100, cut to 247; green 70 - 0.344136 x 100.
  assert.deepEqual([...rgb.subarray(6, 9)], [70, 36, 247]);
});
