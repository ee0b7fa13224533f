import assert from "node:assert/strict";
import { test } from "node:test";
import { changeAllowed, hostAllowed, originAllowed, readAllowed } from "../../src/gateway/guard.js";

const ALLOWED = { hosts: ["cam.example"], origins: ["https://app.example"] };
const HOSTS: [bound: string, header: string | undefined, allowed: boolean][] = [
  ["127.0.0.1", "127.0.0.1:8080", true],
  ["127.0.0.1", "localhost:8080", true],
  ["127.0.0.1", "LOCALHOST", true],
  ["localhost", "[::1]:8080", true],
  ["::1", "localhost:9000", true], // through a tunnel the port is another
  ["127.0.0.1", "evil.example:8080", false],
  ["127.0.0.1", "127.0.0.1.evil.example", false],
  ["127.0.0.1", "localhost.evil.example:8080", false],
  ["127.0.0.1", "user@localhost", false],
  ["127.0.0.1", "", false],
  ["127.0.0.1", undefined, false],
  ["0.0.0.0", "camera-box:8080", true], // what this machine is called
  ["0.0.0.0", "10.0.0.7:8080", true], // an address can't be rebound
  ["0.0.0.0", "[fe80::1]:8080", true],
  ["0.0.0.0", "localhost:8080", true],
  ["0.0.0.0", "cam.example:8080", true], // serve.allowedHosts
  ["127.0.0.1", "Cam.Example", true],
  ["cam2.lan", "cam2.lan:8080", true], // bound by this name
  ["0.0.0.0", "evil.example:8080", false],
  ["192.168.1.5", "camera-box.evil.example:8080", false],
  ["0.0.0.0", undefined, false],
];

for (const [bound, header, allowed] of HOSTS) {
  test(`bound to ${bound}, the Host "${header}" is ${allowed ? "served" : "refused"}`, () => {
    assert.equal(hostAllowed(bound, header, ALLOWED, ["camera-box"]), allowed);
  });
}

const ORIGINS: [origin: string | undefined, host: string, allowed: boolean][] = [
  [undefined, "localhost:8080", true],
  ["http://localhost:8080", "localhost:8080", true],
  ["https://Camera.lan", "camera.lan", true],
  ["https://app.example", "localhost:8080", true], // serve.allowedOrigins
  ["http://app.example", "localhost:8080", false],
  ["http://localhost:3000", "localhost:8080", false],
  ["http://evil.example", "localhost:8080", false],
  ["null", "localhost:8080", false],
  ["file://", "localhost:8080", false],
];

for (const [origin, host, allowed] of ORIGINS) {
  test(`a socket from ${origin} to ${host} is ${allowed ? "opened" : "refused"}`, () => {
    assert.equal(originAllowed(origin, host, ALLOWED), allowed);
  });
}

const HOST = "cam.lan:8080";
const OURS = "http://cam.lan:8080";
const CHANGES: [what: string, origin: string | undefined, site: string | undefined, byCookie: boolean, allowed: boolean][] = [
  ["a tool", undefined, undefined, false, true],
  ["a cookie that nothing explains", undefined, undefined, true, false],
  ["our page", OURS, "same-origin", true, true],
  ["our page, served in the clear", OURS, undefined, true, true],
  ["our page, its origin hidden", "null", "same-origin", true, true],
  ["an allowed page", "https://app.example", "cross-site", true, true],
  ["a foreign page", "https://evil.example", "cross-site", true, false],
  ["a foreign page, where nobody is asked", "https://evil.example", "cross-site", false, false],
  ["a page without an origin", "null", "cross-site", false, false],
  ["a page without an origin, in the clear", "null", undefined, false, false],
  ["another port of ours", "http://cam.lan:3000", "same-site", true, false],
  ["a browser without Origin", undefined, "cross-site", false, false],
];

for (const [what, origin, site, byCookie, allowed] of CHANGES) {
  test(`${what} ${allowed ? "may" : "may not"} change something`, () => {
    assert.equal(changeAllowed({ origin, host: HOST, site, mode: undefined }, byCookie, ALLOWED), allowed);
  });
}

const READS: [what: string, origin: string | undefined, site: string | undefined, mode: string | undefined, allowed: boolean][] = [
  ["a tool", undefined, undefined, undefined, true],
  ["our page", undefined, "same-origin", "cors", true],
  ["a person who types the address", undefined, "none", "navigate", true],
  ["a link from elsewhere", undefined, "cross-site", "navigate", true],
  ["an allowed page", "https://app.example", "cross-site", "cors", true],
  ["a picture in a foreign page", undefined, "cross-site", "no-cors", false],
  ["a script of a foreign page", "https://evil.example", "cross-site", "cors", false],
];

for (const [what, origin, site, mode, allowed] of READS) {
  test(`${what} ${allowed ? "may" : "may not"} read`, () => {
    assert.equal(readAllowed({ origin, host: HOST, site, mode }, ALLOWED), allowed);
  });
}
