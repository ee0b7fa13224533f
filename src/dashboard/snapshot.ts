import { drawWhole } from "./draw.js";
import type { Store } from "./store.js";
import type { StreamModel } from "./stream-model.js";
import { WHOLE } from "./viewport.js";

/** Saves what is shown: the picture as it came, or drawn over. Nothing is asked of the server. */
export async function saveSnapshot(model: StreamModel, store: Store, withBoxes: boolean): Promise<void> {
  const pair = model.shown;
  if (!pair) return;
  const { epoch, frame, image } = pair.picture;
  const name = `${model.name.replace(/[^\w.-]+/g, "_")}-${epoch}-${frame}`;
  if (!withBoxes) return save(new Blob([image.jpeg], { type: "image/jpeg" }), `${name}.jpg`);
  const canvas = document.createElement("canvas");
  drawWhole(canvas, pair, { look: WHOLE, layers: store.layers, trails: model.trails });
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (png) save(png, `${name}-boxes.png`);
}

/** How long a download may take to begin, ms; the browser has its own copy then. */
const KEPT_MS = 30_000;

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
