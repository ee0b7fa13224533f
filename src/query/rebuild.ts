import { SKIP_CAUSES } from "../core/frame.js";

/** A number as JSON.stringify writes it, but for those that are far too large or small for a record. */
const number = (value: string): string => `(CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e15 THEN CAST(${value} AS BIGINT)::VARCHAR ELSE ${value}::VARCHAR END)`;
const moment = (value: string): string => `strftime(${value}, '"%Y-%m-%dT%H:%M:%S.%gZ"')`;
const text = (value: string): string => `to_json(${value})::VARCHAR`;
/** A key with its value; nothing at all where `value` is NULL (a struct never is: one of its keys says it). */
const optional = (key: string, value: string, written: string): string => `(CASE WHEN ${value} IS NULL THEN '' ELSE ',"${key}":' || ${written} END)`;

const STAGES = ["queue", "normalise", "infer", "decode"] as const;
const times = `concat_ws(',', ${[...STAGES, "order", "total"].map((stage) => `'"${stage}":' || ${number(`"timesMs"."${stage}"`)}`).join(", ")})`;
const skips = `concat_ws(',', ${SKIP_CAUSES.map((cause) => `'"${cause}":' || skipped.${cause}`).join(", ")})`;
const box = [1, 2, 3, 4].map((i) => number(`o."box"[${i}]`)).join(" || ',' || ");
const object = `'{"classId":' || o."classId" || ',"label":' || ${text('o."label"')} || ',"score":' || ${number('o."score"')} || ',"box":[' || ${box} || ']' || ${optional("trackId", 'o."trackId"', 'o."trackId"')} || '}'`;

/**
 * The line of a frame record out of its columns, letter by letter as the program writes it; NULL or another text where the
 * columns do not hold all of it (masks, keys of later versions, another order). Files that were compacted are read by this:
 * it must not change.
 */
export const FRAME_LINE = [
  `'{"v":1,"type":"frame","stream":' || ${text("stream")} || ',"epoch":' || epoch || ',"frame":' || frame || ',"outcome":' || ${text("outcome")}`,
  `',"ptsMs":' || coalesce(${number('"ptsMs"')}, 'null') || ',"capturedAt":' || ${moment('"capturedAt"')} || ',"publishedAt":' || ${moment('"publishedAt"')}`,
  `',"widthPx":' || "widthPx" || ',"heightPx":' || "heightPx" || ',"model":' || ${text("model")} || ',"runtime":' || ${text("runtime")}`,
  `',"timesMs":{' || ${times} || '}'`,
  optional("skipped", `nullif(${skips}, '')`, `'{' || ${skips} || '}'`),
  optional("emptyBefore", '"emptyBefore"', '"emptyBefore"'),
  `',"objects":[' || array_to_string(list_transform(objects, lambda o: ${object}), ',') || ']'`,
  optional("error", "error.code", `'{"code":' || ${text("error.code")} || ',"message":' || ${text("error.message")} || '}'`),
  "'}'",
].join(" || ");
