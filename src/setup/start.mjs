// Entry of `npm run demo`, `npm test` and `npm run soak`, `latency`, `screenshots`, `fuzz` and `bench:peers`:
// node src/setup/start.mjs demo|test|soak|latency|screenshots|fuzz|peers [arguments]
import { nodeRefusal } from "./node-version.mjs";

const refusal = nodeRefusal(process.versions.node);
if (refusal) {
  console.error(refusal);
  process.exit(2);
}
// Loaded only now: an older Node could not even parse it, and would answer with a syntax error instead of the line
// above.
void import("./set-up.mjs").then((setUp) => setUp.start(process.argv.slice(2)));
