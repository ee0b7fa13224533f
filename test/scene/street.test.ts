import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRenderer, makeStreet } from "../../src/scene/index.js";

describe("a scene", () => {
  test("is the same to the last byte whenever its seed is drawn", async () => {
    for (const seed of [3, 8]) {
      const [first, again] = await Promise.all(
        [1, 2].map(async () => (await createRenderer(makeStreet(seed))).frame(1.5, true)),
      );
      assert.ok(first && again);
      assert.deepEqual(Buffer.from(first.picture.data), Buffer.from(again.picture.data));
      assert.deepEqual(first.objects, again.objects);
    }
  });

  test("is another with another seed and at another moment", async () => {
    const renderer = await createRenderer(makeStreet(3));
    const other = await createRenderer(makeStreet(4));
    const [here, later, elsewhere] = [await renderer.frame(1), await renderer.frame(2), await other.frame(1)];
    assert.ok(Buffer.compare(here.picture.data, later.picture.data) !== 0);
    assert.ok(Buffer.compare(here.picture.data, elsewhere.picture.data) !== 0);
  });

  test("is an RGB picture of 640x360", async () => {
    const { picture } = await (await createRenderer(makeStreet(5))).frame(0);
    assert.deepEqual([picture.widthPx, picture.heightPx, picture.channels], [640, 360, 3]);
    assert.equal(picture.data.length, 640 * 360 * 3);
  });

  test("comes in every time of day and from every view, with and without rain", () => {
    const streets = Array.from({ length: 100 }, (_, seed) => makeStreet(seed));
    const share = (is: (street: (typeof streets)[number]) => boolean): number => streets.filter(is).length / 100;
    for (const time of ["day", "cloudy", "dusk", "night"])
      assert.ok(share((street) => street.time === time) >= 0.1, time);
    for (const view of ["across", "oblique", "along"]) assert.ok(share((street) => street.view === view) >= 0.1, view);
    const rain = share((street) => street.rain);
    assert.ok(rain > 0.1 && rain < 0.4, `rain in ${rain}`);
    assert.ok(
      streets.every(({ rain, time }) => !rain || time !== "day"),
      "rain from a blue sky",
    );
  });

  test("comes with noise, blur and JPEG in some and without them in others", () => {
    const flaws = Array.from({ length: 60 }, (_, seed) => makeStreet(seed).flaws);
    for (const flaw of ["noise", "blurPx", "jpeg"] as const) {
      const having = flaws.filter((each) => each[flaw] > 0).length;
      assert.ok(having > 8 && having < 52, `${having} of 60 scenes have ${flaw}`);
    }
  });

  test("takes its light, view and rain from its options where they are given", () => {
    const street = makeStreet(1, { time: "night", view: "along", rain: true, variant: "hard" });
    assert.deepEqual([street.time, street.view, street.rain, street.variant], ["night", "along", true, "hard"]);
    assert.deepEqual(street.movers, makeStreet(1, { time: "day", view: "along", variant: "hard" }).movers);
  });
});

describe("the camera's flaws", () => {
  test("change the picture and nothing of the truth", async () => {
    const renderer = await createRenderer(makeStreet(11));
    const [clean, flawed] = [await renderer.frame(3), await renderer.frame(3, true)];
    assert.deepEqual(clean.objects, flawed.objects);
    assert.ok(Buffer.compare(clean.picture.data, flawed.picture.data) !== 0);
    const mean =
      clean.picture.data.reduce((sum, value, i) => sum + Math.abs(value - flawed.picture.data[i]!), 0) /
      clean.picture.data.length;
    assert.ok(mean < 40, `the pictures differ by ${mean} grey levels on average`);
  });
});
