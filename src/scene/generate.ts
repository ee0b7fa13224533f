import { parseArgs } from "node:util";
import { writeDataset, writePart, type DatasetPlan } from "./dataset.js";
import { VARIANTS, type VariantName } from "./variant.js";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    truth: { type: "string" },
    seed: { type: "string", default: "0" },
    scenes: { type: "string", default: "1" },
    "per-scene": { type: "string", default: "1" },
    variant: { type: "string", default: "tame" },
    post: { type: "boolean", default: false },
    processes: { type: "string", default: "1" },
    part: { type: "string" },
  },
});

const variant = values.variant as VariantName;
if (!(variant in VARIANTS)) throw new Error(`--variant ${variant}: expected one of ${Object.keys(VARIANTS).join(", ")}`);
if (positionals[0] === "dataset" && values.out !== undefined) {
  const plan: DatasetPlan = {
    outDir: values.out, seed: Number(values.seed), scenes: Number(values.scenes), perScene: Number(values["per-scene"]), variant, flawed: values.post,
  };
  if (values.part === undefined) await writeDataset(plan, Number(values.processes), [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  else await writePart(plan, ...(values.part.split("-").map(Number) as [number, number]), say);
}
