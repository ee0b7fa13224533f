import { apart, leastBy } from "../core/spelling.js";
import { ANY_NAME, environmentName, isUnderName, listSettings } from "./settings-table.js";

/** A wrong group weighs this much more than a typing error less: `workers` alone means `inference.workers`. */
const MISPLACED = 0.5;

/** The known key nearest to an unknown one, by spelling, also when only its group is wrong or missing. */
export function nearestKey(path: readonly string[]): string {
  // What stands under a name is looked for only there, and under the same name.
  const group = listSettings().filter((setting) => isUnderName(setting) && setting.path[0] === path[0] && setting.path.at(-1) !== ANY_NAME);
  const known = group.length > 0 && path.length > 2 ? group : listSettings().filter((setting) => !isUnderName(setting) && setting.path.length >= Math.min(path.length, 2));
  const candidates = known.map((setting) => setting.path.map((key, i) => (key === ANY_NAME ? (path[i] ?? "NAME") : key)));
  return leastBy(candidates, (known) => Math.min(apart(path.join("."), known.join(".")), apart(path.at(-1), known.at(-1)) + MISPLACED)).join(".");
}

/** The known environment variable nearest to an unknown one. */
export function nearestVariable(name: string): string {
  const candidates = listSettings().filter((setting) => !setting.isGroup && !isUnderName(setting)).map((setting) => environmentName(setting.path));
  return leastBy(candidates, (known) => apart(name, known));
}
