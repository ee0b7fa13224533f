/** COCO's own way to write runs (rleToString of its maskApi.c), in TypeScript. */
export function compressed(runs: readonly number[]): string {
  let text = "";
  for (const [i, run] of runs.entries()) {
    let value = i > 2 ? run - runs[i - 2]! : run;
    for (let more = true; more; ) {
      let part = value & 0x1f;
      value >>= 5;
      more = part & 0x10 ? value !== -1 : value !== 0;
      if (more) part |= 0x20;
      text += String.fromCharCode(part + 48);
    }
  }
  return text;
}
