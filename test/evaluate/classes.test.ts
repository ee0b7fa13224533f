import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mapClasses } from "../../src/evaluate/index.js";
import { COCO_LABELS } from "../../src/model/index.js";

const named = (...names: string[]) => names.map((name, id) => ({ id, name }));

/** COCO counts its 80 classes from 1 to 90: these numbers it has left out (the paper's "stuff" ids). */
const LEFT_OUT = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83];

describe("mapClasses", () => {
  test("finds COCO's 80 classes behind their numbers 1 to 90, by name", () => {
    const numbers = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !LEFT_OUT.includes(id));
    const { toModel, by } = mapClasses({ numbers: [], classes: numbers.map((id, i) => ({ id, name: COCO_LABELS[i]! })) }, COCO_LABELS, null);
    assert.equal(by, "name");
    assert.deepEqual([toModel.size, toModel.get(1), toModel.get(13), toModel.get(90)], [80, 0, 11, 79]);
  });

  test("takes the order of the numbers when there are as many and the model names none", () => {
    const { toModel, by } = mapClasses({ numbers: [], classes: [{ id: 7, name: "cat" }, { id: 3, name: "dog" }] }, ["0", "1"], null);
    assert.equal(by, "order");
    assert.deepEqual([...toModel], [[3, 0], [7, 1]]);
  });

  test("takes the order when some names differ and the others stand at the same place", () => {
    assert.equal(mapClasses({ numbers: [], classes: named("person", "tv", "car") }, ["person", "tvmonitor", "car"], null).by, "order");
    assert.throws(() => mapClasses({ numbers: [], classes: named("car", "tv", "person") }, ["person", "tvmonitor", "car"], null), { code: "E_DATASET_CLASSES", message: /the model has no "tv": it has 3 classes \("person", "tvmonitor", "car"\), the ground truth 3/ });
  });

  test("leaves aside what the model has and the data set has not, whatever case and dashes", () => {
    assert.deepEqual([...mapClasses({ numbers: [], classes: named("Traffic_Light", "CAR") }, ["car", "dog", "traffic light"], null).toModel], [[0, 2], [1, 0]]);
  });

  test("refuses classes that the model does not have, unless others are asked for", () => {
    const truth = { numbers: [], classes: named("car", "drone") };
    assert.throws(() => mapClasses(truth, ["person", "car", "dog"], null), { code: "E_DATASET_CLASSES" });
    assert.deepEqual([...mapClasses(truth, ["person", "car", "dog"], [1, 2]).toModel], [[0, 1]]);
    assert.throws(() => mapClasses(truth, ["person", "car", "dog"], [0]), { code: "E_DATASET_CLASSES", message: /none of the wanted classes/ });
  });

  test("refuses two classes of one name", () => {
    assert.throws(() => mapClasses({ numbers: [], classes: named("car", "Car") }, ["car", "x", "y"], null), { code: "E_DATASET_CLASSES", message: /two classes/ });
  });

  test("counts as the model does when nothing is named", () => {
    assert.deepEqual([...mapClasses({ classes: null, numbers: [] }, ["a", "b"], [1]).toModel], [[1, 1]]);
    assert.deepEqual([...mapClasses({ classes: null, numbers: [1] }, ["a", "b"], null).toModel], [[0, 0], [1, 1]]);
  });

  test("refuses a number that the model does not have, unless others are asked for: its objects would be missing in the figures", () => {
    const truth = { classes: null, numbers: [0, 2] };
    assert.throws(() => mapClasses(truth, ["a", "b"], null), { code: "E_DATASET_CLASSES", message: /it has class 2: the model has 2, 0 to 1 \("a", "b"\)/ });
    assert.deepEqual([...mapClasses(truth, ["a", "b"], [0]).toModel], [[0, 0]]);
  });

  test("takes the numbers of the truth for a model of which nobody knows how many it has", () => {
    assert.deepEqual([...mapClasses({ classes: null, numbers: [0, 7] }, [], null).toModel], [[0, 0], [7, 7]]);
  });
});
