export { EXPORT_FORMATS, exportLog, type ExportCounts, type ExportFormatName, type ExportOptions, type ExportWorld } from "./export.js";
export type { Selection } from "./select.js";
export type { ExportFormat, ExportFrame, ExportWriter } from "./writer.js";
