import type { Spread } from "./rounds.js";
import type { FoldedFigures } from "./stages-folded.js";
import type { StageFigures, StagesReport } from "./stages.js";

/** The report for a person. Pure. */
export function stagesText({ machine, command, rounds, stages, folded }: StagesReport): string {
  const lines = [machine, `$ ${command}`, `median of ${rounds} rounds, both versions in turn [least .. greatest]`, ""];
  lines.push("| stage | ours, ms | plain, ms | ours / plain | at most | same results |", "|---|---:|---:|---:|---:|---|", ...stages.map(stageRow));
  if (folded.length > 0) {
    lines.push(
      "", "The scale in the graph (Cast and Div before it, the input takes bytes) against our kernel, one thread:", "",
      "| model | filling, ms: kernel | folded | filling and running, ms: kernel | folded | folded / kernel | same outputs |", "|---|---:|---:|---:|---:|---:|---|",
      ...folded.map(foldedRow), "", ...folded.map(verdict),
    );
  }
  return `${lines.join("\n")}\n`;
}

function stageRow({ stage, oursMs, plainMs, ratio, target, agrees }: StageFigures): string {
  const asked = target === null ? "" : `${target}${ratio.median <= target ? "" : " (missed)"}`;
  return `| ${stage} | ${ranged(oursMs, 3)} | ${ranged(plainMs, 3)} | ${ranged(ratio, 2)} | ${asked} | ${agrees ? "yes" : "NO"} |`;
}

function foldedRow({ model, fillMs, wholeMs, ratio, agrees }: FoldedFigures): string {
  return `| ${model} | ${ranged(fillMs.kernel, 2)} | ${ranged(fillMs.folded, 2)} | ${ranged(wholeMs.kernel, 1)} | ${ranged(wholeMs.folded, 1)} | ${ranged(ratio, 3)} | ${agrees ? "yes" : "NO"} |`;
}

/** Below this part of the kernel's time it would be worth having a second file of each model. */
const CLEARLY_FASTER = 0.97;

/** What follows from the figures. The pool uses the kernel. */
function verdict({ model, ratio: { median } }: FoldedFigures): string {
  const change = `${Math.abs((median - 1) * 100).toFixed(1)} % ${median < 1 ? "faster" : "slower"}`;
  if (median < CLEARLY_FASTER) return `${model}: the graph is ${change} here, more than where this was decided; the pool uses the kernel`;
  return `${model}: the graph is ${change}, not the 3 % faster that would make up for a second file of each model; so the pool uses the kernel`;
}

function ranged({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)} .. ${max.toFixed(digits)}]`;
}
