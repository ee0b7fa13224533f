import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadModelInfo } from "../../src/pool/index.js";
import { cachedInput, cachedReferences, decodeOutputs, faultsOf, limitsOf, outputsOf, referencesFolder, requireReferences, runAndDecode } from "./references.js";

// After npm run references: all of them, those too that may not be committed.
const cached = cachedReferences();
/** How many the script makes. */
const MADE = 29;

test("there are references in the cache", (t) => {
  if (requireReferences(t, cached)) assert.ok(cached.length >= MADE, `${cached.length} of ${MADE}`);
});

for (const reference of cached) {
  test(`${reference.name} from the cache: recognised, decoded and run as by its authors`, async () => {
    const { info } = await loadModelInfo(join(referencesFolder, `${reference.name}.onnx`), { labels: null });
    assert.deepEqual([info.family, info.task], [reference.family, reference.task]);
    const answers = Object.entries(reference.answers);
    const limits = answers.map(([conf]) => limitsOf(reference, conf));
    const ran = await runAndDecode(info, cachedInput(reference), reference.picture, limits);
    for (const [i, [conf, answer]] of answers.entries()) {
      const found = decodeOutputs(info, outputsOf(reference), reference.picture, limits[i]!);
      assert.deepEqual(faultsOf(found, answer, reference.picture), [], `raw outputs above ${conf}`);
      assert.deepEqual(faultsOf(ran[i]!, answer, reference.picture), [], `a run above ${conf}`);
    }
  });
}
