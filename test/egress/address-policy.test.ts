import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRefusal, allowedAddress } from "../../src/egress/index.js";

/** By RFC 1918, 3927, 4193, 4291, 6598, 6890 and the clouds' manuals. home: opened with api.allowPrivate. */
const ADDRESSES: [address: string, what: "public" | "home" | "never"][] = [
  ["93.184.216.34", "public"], ["8.8.8.8", "public"], ["2606:2800:220:1::1", "public"],
  ["127.0.0.1", "home"], ["127.255.255.254", "home"], ["::1", "home"], ["::ffff:127.0.0.1", "home"], ["::ffff:7f00:1", "home"],
  ["10.0.0.1", "home"], ["172.16.0.1", "home"], ["172.31.255.255", "home"], ["192.168.1.10", "home"], ["100.64.0.1", "home"], ["fd12:3456::1", "home"],
  ["172.32.0.1", "public"], ["192.169.0.1", "public"], ["100.128.0.1", "public"],
  ["169.254.169.254", "never"], ["169.254.0.1", "never"], ["::ffff:169.254.169.254", "never"], ["::ffff:a9fe:a9fe", "never"], ["fe80::1", "never"], ["fe80::1%eth0", "never"],
  ["fd00:ec2::254", "never"], ["fd20:ce::254", "never"], ["100.100.100.200", "never"], ["168.63.129.16", "never"], ["192.0.0.192", "never"],
  ["0.0.0.0", "never"], ["0.1.2.3", "never"], ["::", "never"], ["224.0.0.1", "never"], ["239.255.255.250", "never"], ["ff02::1", "never"], ["255.255.255.255", "never"],
  ["240.0.0.1", "never"], ["192.0.2.1", "never"], ["2001:db8::1", "never"],
  // What is translated on the way leads who knows where: here to 169.254.169.254.
  ["64:ff9b::a9fe:a9fe", "never"], ["2002:a9fe:a9fe::1", "never"], ["::a9fe:a9fe", "never"],
  ["", "never"], ["localhost", "never"], ["1.2.3", "never"], ["0x7f.0.0.1", "never"],
];

for (const [address, what] of ADDRESSES) {
  test(`${address || "nothing"} is ${what === "public" ? "opened" : what === "home" ? "opened only where private addresses are allowed" : "never opened"}`, () => {
    assert.equal(addressRefusal(address, { allowPrivate: true }) === null, what !== "never");
    assert.equal(addressRefusal(address, { allowPrivate: false }) === null, what === "public");
  });
}

test("a refusal names the host, its address, why, and the setting", async () => {
  const refused = (host: string, found: string[], allowPrivate = false) => allowedAddress(host, { allowPrivate }, () => Promise.resolve(found));
  await assert.rejects(refused("cam.example", ["10.0.0.5"]), { code: "E_SOURCE_FORBIDDEN", message: "cam.example is 10.0.0.5, an address of a private network (api.allowPrivate): it is not opened for the API" });
  await assert.rejects(refused("169.254.169.254", [], true), { code: "E_SOURCE_FORBIDDEN", message: "169.254.169.254, a link-local address: it is not opened for the API" });
  await assert.rejects(refused("cam.example", []), { code: "E_SOURCE_UNREACHABLE" });
  await assert.rejects(allowedAddress("cam.example", { allowPrivate: true }, () => Promise.reject(new Error("ENOTFOUND"))), { code: "E_SOURCE_UNREACHABLE" });
  assert.equal(await refused("cam.local", ["fe80::1", "192.168.1.4"], true), "192.168.1.4", "the first that may be opened is taken");
});
