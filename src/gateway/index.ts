export { openGateway, type Gateway, type GatewayOptions } from "./gateway.js";
export type { ApiSchemas, ChangeOptions, JsonObject, ModelFigures, SinkFigures, StreamControl, StreamInfo } from "./control.js";
