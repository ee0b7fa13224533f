export { openGateway, type Gateway, type GatewayOptions } from "./gateway.js";
export type { GatewayPicture } from "./picture-message.js";
