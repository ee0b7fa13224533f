import ffmpeg from "fluent-ffmpeg";

/** One command of FFmpeg, in its own words. */
export interface Composition {
  /** What stands before each `-i`, and what follows it. The first one's options begin with those that hold for all. */
  readonly inputs: readonly { readonly input: string; readonly options: readonly string[] }[];
  /** A filter graph over all inputs; left out = none. */
  readonly filterGraph?: readonly string[];
  readonly outputs: readonly { readonly output: string; readonly options: readonly string[] }[];
}

/** Composes FFmpeg's arguments. fluent-ffmpeg does not run them: its runner can't give a child more pipes, and probes capabilities first. */
export function composeArguments({ inputs, filterGraph, outputs }: Composition): string[] {
  const command = ffmpeg();
  for (const { input, options } of inputs) command.input(input).inputOptions([...options]);
  if (filterGraph) command.complexFilter([...filterGraph]);
  for (const { output, options } of outputs) command.output(output).outputOptions([...options]);
  const composer = command as unknown as { _getArguments(): string[] };
  return composer._getArguments();
}
