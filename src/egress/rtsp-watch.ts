/** Longest line of an answer's head, bytes; FFmpeg would cut a longer one. */
const LONGEST_LINE = 4096;
const LONGEST_BODY = 1024 * 1024;
const ANSWER = /^RTSP\/1\.\d ([1245]\d\d)( |$)/;
const REDIRECT = /^\s*RTSP\/\S*\s+3/;
const REQUEST = /^[A-Z_]+ \S+ RTSP\/1\.\d$/;
const [LINE_FEED, CARRIAGE_RETURN, DOLLAR] = [10, 13, 36];

/** What a server said: fine so far, that the client should go elsewhere, or something that could be read in two ways. */
export type RtspVerdict = "fine" | "redirect" | "strange";

/**
 * Reads along what an RTSP server says on one connection, in pieces as they come, and finds an answer that leads elsewhere
 * (3xx): FFmpeg would follow it wherever it goes. Knows answers, requests of the server, and interleaved packets (RFC 2326,
 * 10.12). Where FFmpeg is lenient this is strict, so that both see the same boundaries. Pure but for its place in the stream.
 */
export function rtspWatch(): (chunk: Uint8Array) => RtspVerdict {
  let skip = 0;
  let line: number[] = [];
  let packetHead = 0;
  let packetBytes = 0;
  let lineNumber = 0;
  let bodyBytes: number | undefined;

  function endLine(): RtspVerdict {
    const text = String.fromCharCode(...line);
    line = [];
    if (text === "") {
      // An empty line ends a head; before one it is a server's slip.
      skip = lineNumber === 0 ? 0 : (bodyBytes ?? 0);
      lineNumber = 0;
      bodyBytes = undefined;
      return "fine";
    }
    lineNumber += 1;
    if (lineNumber === 1) return REDIRECT.test(text) ? "redirect" : ANSWER.test(text) || REQUEST.test(text) ? "fine" : "strange";
    if (!/^content-length/i.test(text)) return "fine";
    const [, digits] = /^content-length: *(\d{1,7}) *$/i.exec(text) ?? [];
    if (digits === undefined || bodyBytes !== undefined || Number(digits) > LONGEST_BODY) return "strange";
    bodyBytes = Number(digits);
    return "fine";
  }

  function take(byte: number): RtspVerdict {
    if (packetHead > 0) {
      packetHead -= 1;
      // Channel, then the length in two bytes.
      if (packetHead < 2) packetBytes = packetBytes * 256 + byte;
      if (packetHead === 0) skip = packetBytes;
      return "fine";
    }
    if (byte === LINE_FEED) return endLine();
    if (byte === CARRIAGE_RETURN) return "fine";
    if (byte === DOLLAR && line.length === 0) {
      if (lineNumber > 0) return "strange";
      packetHead = 3;
      packetBytes = 0;
      return "fine";
    }
    return line.push(byte) > LONGEST_LINE ? "strange" : "fine";
  }

  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const skipped = Math.min(skip, chunk.length - at);
      skip -= skipped;
      at += skipped;
      if (skipped > 0) continue;
      const verdict = take(chunk[at] ?? 0);
      if (verdict !== "fine") return verdict;
      at += 1;
    }
    return "fine";
  };
}
