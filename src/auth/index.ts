export { openAuth, SESSION_LONGEST_MS, TICKET_MS, type Auth, type AuthOptions } from "./auth.js";
export { EVERYBODY, type Identity, type Verdict } from "./identity.js";
export { makeToken, type StoredToken } from "./token.js";
export { readTokens, writeTokens } from "./tokens-file.js";
export { watchFiles } from "./watch-files.js";
