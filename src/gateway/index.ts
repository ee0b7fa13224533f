export { openGateway, type Gateway, type GatewayOptions } from "./gateway.js";
