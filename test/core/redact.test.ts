import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hideSecrets, redactAddress, redactUrl } from "../../src/core/redact.js";
import { streamNames } from "../../src/session/names.js";
import { displayOf, parseAddress } from "../../src/source/address.js";

const CASES: readonly (readonly [string, string])[] = [
  ["rtsp://me:pw@cam/1", "rtsp://***@cam/1"],
  ["rtsp://me@cam/1", "rtsp://***@cam/1"],
  ["rtsp://me:s3c@r/t@10.0.0.7:554/a: Connection refused", "rtsp://***@10.0.0.7:554/a: Connection refused"],
  ["[concat @ 0x1] [error] Impossible to open 'rtsp://me:s3c%40r%2Ft@h/x'", "[concat @ 0x1] [error] Impossible to open 'rtsp://***@h/x'"],
  ["from 'http://me:it's@h/x':", "from 'http://***@h/x':"],
  ["http://h/live/@me", "http://h/live/@me"],
  ["http://h/x?a=1&token=abc&b=2", "http://h/x?a=1&token=***&b=2"],
  ["'http://h/x?password=it's': no", "'http://h/x?password=***': no"],
  ["srt://h:1?streamid=read:a:b:c&passphrase=0123456789", "srt://h:1?streamid=***&passphrase=***"],
  ["/user=admin_password=t0p_channel=1", "/user=admin_password=***"],
  ["http://h/ws?ticket=abc_-1&x=2", "http://h/ws?ticket=***&x=2"],
  [`header slt_Ab3dE9xZ_${"k-_7".repeat(10)}abc, then`, "header slt_Ab3dE9xZ_***, then"],
  ["no address, me:pw@here", "no address, ***@here"],
];

for (const [text, expected] of CASES) test(`${JSON.stringify(expected)} is what is left of a text`, () => assert.equal(redactUrl(text), expected));

test("whatever characters a password has, encoded or not, it is not in the text any more", () => {
  const secret = fc.string({ unit: fc.constantFrom(..."abcXYZ019@/:?#%&=+!$'()*,;~._-<>{}[]|^`"), minLength: 4, maxLength: 20 });
  fc.assert(
    fc.property(secret, fc.boolean(), (password, encoded) => {
      const marked = `Q7${password}7Q`;
      const text = redactUrl(`[tcp @ 0x1] rtsp://admin:${encoded ? encodeURIComponent(marked) : marked}@cam.lan:554/a: failed`);
      assert.doesNotMatch(text, /Q7|7Q/);
      assert.match(text, /@cam\.lan:554\/a: failed$/);
    }),
    { seed: 4, numRuns: 500 },
  );
});

test("given secrets are hidden wherever they stand", () => {
  assert.equal(hideSecrets("Authorization s3c@r/t and s3c%40r%2Ft", ["s3c@r/t", "s3c%40r%2Ft", ""]), "Authorization *** and ***");
});

test("whatever characters a password has, an address that is refused, shown or named does not show it", () => {
  const secret = fc.string({ unit: fc.constantFrom(..."abcXYZ019@/:?#%&=+!$'\"()*,;~._-<>{}[]|^` \\"), maxLength: 20 });
  const scheme = fc.constantFrom("rtsp", "rtsps", "http", "srt", "udp", "rtmp", "nope");
  const end = fc.constantFrom("cam/1", "cam.lan:99999/1", "/1", "cam:554/a?x=1", "[::1]:9/", "", "cam.lan/x y");
  fc.assert(
    fc.property(secret, scheme, end, (password, name, rest) => {
      const address = `${name}://admin:Q7${password}7Q@${rest}`;
      const said = [redactAddress(address), ...streamNames([address])];
      try {
        const shown = displayOf(parseAddress(address, false));
        // With an @ in it what follows may rightly be read as the host and its path.
        if (!password.includes("@")) said.push(shown);
      } catch (thrown) {
        said.push((thrown as Error).message);
      }
      for (const text of said) assert.doesNotMatch(text, /Q7|7Q/);
    }),
    { seed: 4, numRuns: 2000 },
  );
});

test("an address that stands alone loses its secrets with white space and quotes in them", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["srt://admin:my secret@cam/1", "srt://***@cam/1"],
    ['rtsp://admin:se"cret@/1', "rtsp://***@/1"],
    ["srt://h:1?passphrase=my 'own' \"secret\"&mode=caller", "srt://h:1?passphrase=***&mode=caller"],
    ["http://h/live/@me", "http://h/live/@me"],
    ["/films/a b.mp4", "/films/a b.mp4"],
  ];
  for (const [address, expected] of cases) assert.equal(redactAddress(address), expected);
  assert.throws(() => parseAddress("srt://admin:my secret@cam/1", false), { message: "srt://***@cam/1: srt:// needs a port" });
  assert.throws(() => parseAddress(" rtsp://admin:pw@cam/1", false), { code: "E_USAGE", message: /^rtsp:\/\/\*\*\*@cam\/1: / });
});

test("an address whose scheme was forgotten or mistyped does not show its password as a file's name", () => {
  assert.equal(redactUrl("/films/rtsp:/u:hunter2@127.0.0.1/x was not found"), "/films/rtsp:/***@127.0.0.1/x was not found");
  assert.equal(redactUrl("u:hunter2@127.0.0.1/x was not found"), "***@127.0.0.1/x was not found");
  assert.equal(redactUrl("yolox_nano@695e750a at 12:30, clip@2x.mp4"), "yolox_nano@695e750a at 12:30, clip@2x.mp4");
});
