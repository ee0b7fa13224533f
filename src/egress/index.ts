export { addressRefusal, type AddressPolicy } from "./address-policy.js";
export { openForwardProxy, type ForwardProxy } from "./forward-proxy.js";
export { allowedAddress, lookupAll, type Lookup } from "./resolve.js";
export { openRtspRelay, type RtspRelay } from "./rtsp-relay.js";
