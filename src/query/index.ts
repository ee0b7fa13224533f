export { askLog, type AskOptions, type FileFormat, type LogQuery, type Query } from "./ask.js";
export { quoted, type Answer, type Cell, type ColumnKind } from "./duckdb.js";
export { plotOf, plotSpecFor, type Plot } from "./plot.js";
export { plotSvg } from "./plot-svg.js";
export { plotText } from "./plot-text.js";
export { GAP_S, MOST_REPORT_ROWS, REPORTS, reportNamed, reportQuery, type PlotSpec, type Report, type ReportAsk } from "./reports.js";
export { tableText, type TableOptions } from "./table.js";
export { readMoment, readStep } from "./time.js";
export { viewTable, type View } from "./views.js";
