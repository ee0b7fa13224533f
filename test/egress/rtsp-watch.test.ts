import fc from "fast-check";
import { test } from "node:test";
import { rtspWatch } from "../../src/egress/rtsp-watch.js";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const packet = (size: number, fill = "$"): string => `$\x00${String.fromCharCode(size >> 8, size & 255)}${fill.repeat(size)}`;
const OK = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n";
const MOVED = "RTSP/1.0 302 Moved\r\nLocation: rtsp://169.254.169.254/\r\n\r\n";

const CASES: [what: string, said: string, verdict: string][] = [
  ["an answer", OK, "fine"],
  ["an answer with a body that looks like another", `RTSP/1.0 200 OK\r\nContent-Length: ${MOVED.length}\r\n\r\n${MOVED}${OK}`, "fine"],
  ["a packet that holds what looks like an answer", `${OK}$\x00\x00${String.fromCharCode(MOVED.length)}${MOVED}${packet(300)}${packet(0)}${OK}`, "fine"],
  ["a request of the server's", `${OK}OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n${OK}`, "fine"],
  ["errors", "RTSP/1.0 401 Unauthorized\n\nRTSP/1.0 454\r\n\r\n", "fine"],
  ["an empty line too many", `\r\n${OK}\r\n${OK}`, "fine"],
  ["a redirect", MOVED, "redirect"],
  ["a redirect after an answer", OK + MOVED, "redirect"],
  ["a redirect after a body", `RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc${MOVED}`, "redirect"],
  ["a redirect after packets", `${OK}${packet(7)}${packet(1000)}${MOVED}`, "redirect"],
  ["a redirect with white space around", " RTSP/2.0\t 301 Moved\r\n", "redirect"],
  ["a redirect torn by carriage returns", "RT\rSP/1.0 3\r02 Moved\r\n", "redirect"],
  ["a packet in the middle of a head", "RTSP/1.0 200 OK\r\n$\x00\x00\x02", "strange"],
  ["two lengths", "RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-length: 2\r\n", "strange"],
  ["a length that is none", "RTSP/1.0 200 OK\r\nContent-Length: -1\r\n", "strange"],
  ["a length with a sign", "RTSP/1.0 200 OK\r\nContent-Length: +5\r\n", "strange"],
  ["something else", "HTTP/1.1 200 OK\r\n", "strange"],
  ["a line without end", "RTSP/1.0 200 OK\r\nX: ".padEnd(5000, "x"), "strange"],
];

for (const [what, said, verdict] of CASES) {
  test(`${what}: ${verdict}, in whatever pieces it comes`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }), (sizes) => {
        const watch = rtspWatch();
        const all = bytes(said);
        let at = 0;
        for (let i = 0; at < all.length; i++) {
          const piece = all.subarray(at, (at += sizes[i % sizes.length]!));
          const found = watch(piece);
          if (found !== "fine") return found === verdict;
        }
        return verdict === "fine";
      }),
      { seed: 5, numRuns: 60 },
    );
  });
}
