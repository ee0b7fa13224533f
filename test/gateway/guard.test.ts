import assert from "node:assert/strict";
import { test } from "node:test";
import { hostAllowed, originAllowed } from "../../src/gateway/guard.js";

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
  ["0.0.0.0", "camera-box.lan:8080", true],
  ["192.168.1.5", "camera-box.lan:8080", true],
  ["0.0.0.0", undefined, false],
];

for (const [bound, header, allowed] of HOSTS) {
  test(`bound to ${bound}, the Host "${header}" is ${allowed ? "served" : "refused"}`, () => {
    assert.equal(hostAllowed(bound, header), allowed);
  });
}

const ORIGINS: [origin: string | undefined, host: string, allowed: boolean][] = [
  [undefined, "localhost:8080", true],
  ["http://localhost:8080", "localhost:8080", true],
  ["https://Camera.lan", "camera.lan", true],
  ["http://localhost:3000", "localhost:8080", false],
  ["http://evil.example", "localhost:8080", false],
  ["null", "localhost:8080", false],
  ["file://", "localhost:8080", false],
];

for (const [origin, host, allowed] of ORIGINS) {
  test(`a socket from ${origin} to ${host} is ${allowed ? "opened" : "refused"}`, () => {
    assert.equal(originAllowed(origin, host), allowed);
  });
}
