import { detectionBatch, NO_DETECTIONS } from "../../core/detections.js";
import { DEFAULT_TOP_CLASSES, makeSieve, type DetectLimits } from "../limits.js";
import { floatOutput, requireNumbers, type Decoder } from "./decoder.js";
import { scoreOf } from "./kept.js";

/**
 * A classifier's one row of probabilities: one object, the whole picture, with its best classes among those that are
 * wanted, however sure: `conf` is for objects, which may be there or not.
 */
export function classifyDecoder(classCount: number, limits: DetectLimits): Decoder {
  const most = limits.topClasses ?? DEFAULT_TOP_CLASSES;
  const sieve = makeSieve({ ...limits, conf: -1, classConf: [] });
  return {
    decode(outputs, { sourceWidthPx, sourceHeightPx }) {
      const { data } = floatOutput(outputs, 0, [1, classCount]);
      requireNumbers(data, "a score");
      const ranked = Array.from(data.keys()).filter((classId) => sieve.takes(classId, data[classId]!)).sort((a, b) => data[b]! - data[a]! || a - b).slice(0, most);
      const [best] = ranked;
      if (best === undefined) return NO_DETECTIONS;
      const scores = Float32Array.from(ranked, (classId) => scoreOf(data[classId]!));
      const topClasses = { perObject: ranked.length, classIds: Int32Array.from(ranked), scores };
      return detectionBatch(Float32Array.of(0, 0, sourceWidthPx, sourceHeightPx), scores.slice(0, 1), Int32Array.of(best), { topClasses });
    },
  };
}
