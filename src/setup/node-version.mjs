// This file and start.mjs are read by Nodes that are too old for the rest: no syntax and no import newer than Node 12.

/** The oldest Node that runs sightline; the same as `engines.node` in package.json. */
export const OLDEST_NODE = "20.19.0";

/**
 * Says why a Node is too old for sightline.
 * @param {string} version as in `process.versions.node`, for example "18.20.4"
 * @returns {string} one line that names the version seen and the one needed; empty when the version will do
 */
export function nodeRefusal(version) {
  const seen = version.split(".").map(Number);
  const needed = OLDEST_NODE.split(".").map(Number);
  const differing = needed.findIndex((part, index) => seen[index] !== part);
  if (differing === -1 || Number(seen[differing]) > Number(needed[differing])) return "";
  return `sightline needs Node ${OLDEST_NODE} or newer, this is ${version}. Get a current one from https://nodejs.org/`;
}
