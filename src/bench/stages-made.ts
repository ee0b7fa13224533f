/** Random numbers in [0, 1) from a seed: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Of YOLOv8's head on 640 x 640. */
export const [CLASSES, ANCHORS, SIDE_PX] = [80, 8400, 640];
/** Scores of what is nothing, as a trained model gives them: far below any threshold. */
const NOTHING = 0.02;

/**
 * A YOLOv8 output (1, 84, 8400) with so many objects, each seen by so many anchors that lie a little beside one another.
 */
export function madeHead(objects: number, anchorsEach: number, seed: number): Float32Array {
  const random = randomOf(seed);
  const data = new Float32Array((4 + CLASSES) * ANCHORS);
  for (let i = 4 * ANCHORS; i < data.length; i += 1) data[i] = random() * NOTHING;
  for (let i = 0; i < 4 * ANCHORS; i += 1) data[i] = random() * SIDE_PX;
  const free = Array.from({ length: ANCHORS }, (_, anchor) => anchor).sort(() => random() - 0.5);
  for (let object = 0; object < objects; object += 1) {
    const classId = Math.floor(random() * CLASSES);
    const box = [40 + random() * 560, 40 + random() * 560, 20 + random() * 100, 20 + random() * 100];
    for (let i = 0; i < anchorsEach; i += 1) {
      const anchor = free.pop() ?? 0;
      box.forEach((value, row) => (data[row * ANCHORS + anchor] = value + random() * 4));
      data[(4 + classId) * ANCHORS + anchor] = 0.3 + random() * 0.6;
    }
  }
  return data;
}

/** Prototypes of masks that vary slowly, as trained ones do. */
export function madePrototypes(count: number, side: number, seed: number): Float32Array {
  const random = randomOf(seed);
  const waves = Array.from({ length: count }, () => [random() * 0.1, random() * 0.1, random() * 6] as const);
  return Float32Array.from({ length: count * side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side) % side];
    const [across, down, phase] = waves[Math.floor(i / (side * side))]!;
    return Math.sin(x * across + y * down + phase);
  });
}
