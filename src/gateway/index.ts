export { openGateway, type Gateway, type GatewayNotice, type GatewayOptions, type GatewayWorld } from "./gateway.js";
export type { ApiSchemas, ChangeOptions, JsonObject, ModelFigures, PlaybackCommand, PlaybackControl, PlaybackPlace, SinkFigures, StreamControl, StreamInfo } from "./control.js";
export type { ReportAnswer, ReportDesk, ReportInfo, ReportList, ReportWish } from "./reports.js";
