/** One metric as its text says it. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:[\d.]+(?:e[+-]?\d+)?|Nan|\+Inf))$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/g;

/** Reads Prometheus' text format 0.0.4. Throws at a line that is none. */
export function parseMetrics(text: string): MetricFamily[] {
  const families: { name: string; help: string; type: string; samples: MetricFamily["samples"][number][] }[] = [];
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [, word, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === "HELP") families.push({ name, help: rest, type: "", samples: [] });
    const family = families.at(-1);
    if (family === undefined) throw new Error(`a sample before any metric: ${line}`);
    if (word === "TYPE") family.type = rest;
    if (word !== undefined) continue;
    const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (sample === "") throw new Error(`no sample: ${line}`);
    family.samples.push({ name: sample, labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, text]) => [key!, text!])), value: Number(value.replace("+Inf", "Infinity")) });
  }
  return families;
}

/** Units that are no base units, and such that are abbreviated. */
const BAD_UNITS = /_(milliseconds|microseconds|nanoseconds|minutes|hours|days|ms|us|ns|sec|s|kilobytes|megabytes|kb|mb|kib|mib|bits|percent|b)(_total)?$/;

/** What `promtool check metrics` would say, as far as it concerns us. One line for each fault. */
export function lintMetrics(families: readonly MetricFamily[]): string[] {
  const names = families.map(({ name }) => name);
  return families.flatMap(({ name, help, type, samples }) => {
    const faults: string[] = [];
    if (help.trim() === "") faults.push("has no help text");
    if (names.filter((one) => one === name).length > 1) faults.push("comes twice");
    if (!/^[a-z][a-z0-9_]*$/.test(name)) faults.push("is not in snake_case");
    if (!["counter", "gauge", "histogram", "summary"].includes(type)) faults.push(`has type ${type}`);
    if (type === "counter" && !name.endsWith("_total")) faults.push("is a counter and does not end in _total");
    if (type !== "counter" && name.endsWith("_total")) faults.push("ends in _total and is no counter");
    if (/_(count|sum|bucket)$/.test(name)) faults.push("ends as a part of a histogram does");
    if (BAD_UNITS.test(name)) faults.push("has a unit that is no base unit");
    if (new RegExp(`_${type}(_|$)`).test(name)) faults.push("has its type in its name");
    const series = samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).sort()]));
    if (new Set(series).size < series.length) faults.push("has a series twice");
    if (type !== "histogram" && samples.some(({ labels }) => "le" in labels)) faults.push("has label le");
    if (type === "histogram" && samples.some((sample) => sample.name.endsWith("_bucket") && !("le" in sample.labels))) faults.push("has a bucket without le");
    return faults.map((fault) => `${name} ${fault}`);
  });
}
