import type { SoakReport } from "./soak.js";

/** Memory that a run may gain after its warm-up, bytes. */
const MOST_GROWTH_BYTES = 10e6;
/** What connections that begin or end just when it is counted hold for themselves: a probe or an FFmpeg, its pipes. */
const PASSING_DESCRIPTORS = 12;
const PASSING_CHILDREN = 3;
/** Least share of an overload's frames that cannot be looked at. */
const OVERLOAD = 0.85;
/** Lines a second: one for what was dropped, one for anything else. */
const MOST_NOTICES_A_SECOND = 2;

/** What a soak promised and did not keep, a line each; empty = all well. */
export function brokenBounds(report: SoakReport, overload: boolean): string[] {
  const { latencyMs, latencyBoundMs, rssGrowthBytes, growth, decoded, skipped, outcomes, statsRecords, minutes, epochs, troubles, mostNoticesASecond } = report;
  const lost = Object.values(skipped).reduce((sum, n) => sum + n, 0);
  const rules: [boolean, string][] = [
    [latencyMs.p99 <= latencyBoundMs, `p99 of the latency is ${latencyMs.p99} ms, the bound is ${latencyBoundMs} ms`],
    [rssGrowthBytes <= MOST_GROWTH_BYTES, `memory grew by ${(rssGrowthBytes / 1e6).toFixed(1)} MB, the bound is ${MOST_GROWTH_BYTES / 1e6} MB`],
    [growth.descriptors <= PASSING_DESCRIPTORS, `${growth.descriptors} descriptors more than after the warm-up`],
    [growth.threads <= 0, `${growth.threads} threads more than after the warm-up`],
    [growth.children <= PASSING_CHILDREN, `${growth.children} children more than after the warm-up`],
    [outcomes.detected > minutes * 60, `only ${outcomes.detected} frames were looked at`],
    [statsRecords >= minutes * 30, `only ${statsRecords} stats records`],
    ...(overload
      ? ([
          [lost >= decoded * OVERLOAD, `only ${lost} of ${decoded} frames were skipped: that is no overload`],
          [mostNoticesASecond <= MOST_NOTICES_A_SECOND, `${mostNoticesASecond} lines were logged in one second`],
        ] as [boolean, string][])
      : ([[epochs > troubles / 4, `${troubles} troubles made only ${epochs} epochs`]] as [boolean, string][])),
  ];
  return [...report.broken, ...rules.flatMap(([holds, words]) => (holds ? [] : [words]))];
}
