import { asPipelineError } from "../core/errors.js";
import type { ModelPools } from "./pools.js";
import type { Notice, SessionOptions } from "./session.js";
import { changeOf, fixedDifferences, specsOf, type StreamSpec } from "./specs.js";
import type { Supervisor } from "./supervisor.js";

/** Who is changed. */
export interface ApplyParts {
  readonly streams: Supervisor;
  readonly pools: ModelPools;
  readonly notice: (notice: Notice) => void;
}

/**
 * Makes the running streams those of `next`, each by itself; says in one line what was done, and in another what can't be
 * done while the session runs (against `opening`, the options it was opened with). Never rejects: what one stream refuses is told, and the others go on.
 */
export async function applyOptions(opening: SessionOptions, next: SessionOptions, { streams, pools, notice }: ApplyParts): Promise<void> {
  const fixed = fixedDifferences(opening, next);
  if (fixed.length > 0) notice({ level: "warn", message: `${fixed.join(", ")} can't change while the program runs: restart it for that` });
  const wanted = specsOf(next);
  const here = new Map(streams.specs().map((spec) => [spec.name, spec]));
  const names = new Set(wanted.map(({ name }) => name));
  const failed = new Set(streams.stats().filter(({ state }) => state === "failed").map(({ stream }) => stream));
  const added = wanted.filter(({ name }) => !here.has(name));
  const removed = [...here.keys()].filter((name) => !names.has(name));
  const changed = wanted.filter((spec) => isOther(here.get(spec.name), spec) || failed.has(spec.name));
  notice({ level: "info", message: summary(added, changed, removed) });
  pools.plan(wanted);

  const each = async (name: string, work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      const { code, message } = asPipelineError(thrown, "E_INTERNAL");
      if (code !== "E_STOPPED") notice({ level: "error", code, stream: name, message });
    }
  };
  await streams.during(() =>
    Promise.all([
      ...removed.map((name) => each(name, () => streams.remove(name))),
      ...changed.map((spec) => each(spec.name, () => streams.change({ ...spec, atDoor: false }))),
      // From now on nobody waits at a door: what can't be opened fails alone.
      ...added.map((spec) => each(spec.name, () => void streams.add({ ...spec, atDoor: false }))),
    ]),
  );
}

function isOther(before: StreamSpec | undefined, after: StreamSpec): boolean {
  return before !== undefined && changeOf(before, after) !== "none";
}

function summary(added: readonly StreamSpec[], changed: readonly StreamSpec[], removed: readonly string[]): string {
  const names = (specs: readonly StreamSpec[]): string => specs.map(({ name }) => name).join(", ");
  const parts = [
    added.length > 0 ? `added ${names(added)}` : "",
    changed.length > 0 ? `changed ${names(changed)}` : "",
    removed.length > 0 ? `removed ${removed.join(", ")}` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "settings read again: every stream stays as it is" : `settings read again: ${parts.join("; ")}`;
}
