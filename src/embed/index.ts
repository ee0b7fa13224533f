export { openSource, type FrameSource, type FrameSourceOptions, type SourceFrame } from "./frames.js";
export { observe, pipeline, type EmbedWorld, type Pipeline, type PipelineOptions } from "./pipeline.js";
