import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { makeStreet } from "../../src/scene/index.js";
import { requireShared, shared } from "../support/paths.js";
import { objectsAt } from "./support.js";

/** What is used of the outside study's renderer, whose scenes ours must not be easier than. */
interface Study {
  makeScene(seed: number): { readonly time: string };
  frame(
    scene: unknown,
    atS: number,
  ): {
    readonly boxes: readonly {
      readonly box: readonly [number, number, number, number];
      readonly vis: number;
      readonly ignore: number;
    }[];
  };
}

interface Seen {
  readonly heightPx: number;
  readonly visible: number;
}

const SEEDS = Array.from({ length: 150 }, (_, i) => 40_000 + i);
const MOMENTS_S = [3.3, 20.3];

/** The four figures that make a set of scenes hard. */
function difficulty(
  frames: readonly { readonly night: boolean; readonly objects: readonly Seen[] }[],
): Record<string, number> {
  const objects = frames.flatMap((frame) => frame.objects);
  const share = (is: (object: Seen) => boolean): number => objects.filter(is).length / objects.length;
  return {
    "objects a frame": objects.length / frames.length,
    "share under 32 px high": share(({ heightPx }) => heightPx < 32),
    "share under 60 % visible": share(({ visible }) => visible < 0.6),
    "share of frames at night": frames.filter(({ night }) => night).length / frames.length,
  };
}

test("our scenes are no easier than the study's: four figures, each at least 0.9 of its", async (t) => {
  if (!requireShared(t)) return;
  const study = (await import(pathToFileURL(shared("street-study", "scene.mjs")).href)) as Study;
  const theirs = SEEDS.flatMap((seed) => {
    const scene = study.makeScene(seed);
    return MOMENTS_S.map((atS) => ({
      night: scene.time === "night",
      objects: study
        .frame(scene, atS)
        .boxes.filter(({ ignore }) => ignore === 0)
        .map(({ box, vis }) => ({ heightPx: box[3] - box[1], visible: vis })),
    }));
  });
  const ours = SEEDS.flatMap((seed) => {
    const street = makeStreet(seed);
    return MOMENTS_S.map((atS) => ({
      night: street.time === "night",
      objects: objectsAt(street, atS)
        .filter(({ ignore }) => !ignore)
        .map(({ box, visible }) => ({ heightPx: box[3] - box[1], visible })),
    }));
  });
  const [their, our] = [difficulty(theirs), difficulty(ours)];
  for (const [figure, value] of Object.entries(their)) {
    const ratio = our[figure]! / value;
    t.diagnostic(`${figure}: ${our[figure]!.toFixed(3)}, the study has ${value.toFixed(3)}, ratio ${ratio.toFixed(2)}`);
    assert.ok(ratio >= 0.9, `${figure}: ${our[figure]!} against ${value}`);
  }
});
