/**
 * 4:2:0 planes (full range, BT.601: JFIF 1.02, section 7) to interleaved RGB.
 * yuv  Y plane w x h, then U and V, each ceil(w/2) x ceil(h/2);  rgb  at least w x h x 3, overwritten
 */
export function yuv420ToRgb(yuv: Uint8Array, widthPx: number, heightPx: number, rgb: Uint8Array): void {
  const chromaWidth = (widthPx + 1) >> 1;
  const uStart = widthPx * heightPx;
  const vStart = uStart + chromaWidth * ((heightPx + 1) >> 1);
  const out = new Uint8ClampedArray(rgb.buffer, rgb.byteOffset, rgb.length);
  let to = 0;
  for (let y = 0; y < heightPx; y += 1) {
    const row = y * widthPx;
    const chromaRow = (y >> 1) * chromaWidth;
    for (let x = 0; x < widthPx; x += 1) {
      const luma = yuv[row + x]!;
      const u = yuv[uStart + chromaRow + (x >> 1)]! - 128;
      const v = yuv[vStart + chromaRow + (x >> 1)]! - 128;
      // 16-bit fixed point of 1.402, 0.344136, 0.714136, 1.772.
      out[to] = luma + ((91881 * v + 32768) >> 16);
      out[to + 1] = luma - ((22554 * u + 46802 * v + 32768) >> 16);
      out[to + 2] = luma + ((116130 * u + 32768) >> 16);
      to += 3;
    }
  }
}
