export { openGateway, type Gateway, type GatewayNotice, type GatewayOptions, type GatewayWorld } from "./gateway.js";
