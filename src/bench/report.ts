import type { BenchReport, Spread } from "./rounds.js";

/** The report for a person: one table, then where the pipeline's time goes. Pure. */
export function reportText(report: BenchReport): string {
  const { fps, ratios, peakMb, detail } = report;
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    report.machine,
    versions.join(", "),
    `$ ${report.command}`,
    `${report.model} on ${report.source}, ${report.workers} workers, median of ${report.rounds} rounds [least .. greatest]`,
    "",
    row("(a) limit: bare sessions on ready tensors", fps.limit, "fps", peakMb.limit),
    row("(b) sightline, decoding included", fps.pipeline, "fps", peakMb.pipeline),
    row("(c) plain loop: pipe, one session, main thread", fps.plain, "fps", peakMb.plain),
    `b/a  ${ranged(ratios.pipelineToLimit, 3)}`,
    `b/c  ${ranged(ratios.pipelineToPlain, 3)}`,
    "",
    `from command to first detection  ${ranged(report.firstRecordMs, 0)} ms`,
    `FFmpeg's peak memory             ${ranged(peakMb.ffmpeg, 0)} MB`,
    `stages, mean ms                  ${figures(detail.stagesMs, 2)}`,
  ];
  if (detail.latencyMs) lines.push(`latency, ms                      ${figures(detail.latencyMs, 1)}`);
  if (detail.cores) lines.push(`cores used                       ${figures({ ...detail.cores }, 2)}`);
  if (report.soak) lines.push(`memory growth, record 1,000 to ${report.soak.records}  ${report.soak.growthMb.toFixed(1)} MB`);
  return `${lines.join("\n")}\n`;
}

function row(name: string, value: Spread, unit: string, peakMb: Spread): string {
  return `${name.padEnd(48)} ${ranged(value, 1)} ${unit}   peak ${peakMb.median.toFixed(0)} MB`;
}

function ranged({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)} .. ${max.toFixed(digits)}]`;
}

function figures(values: Readonly<Record<string, number>>, digits: number): string {
  return Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(digits)}`).join("  ");
}
