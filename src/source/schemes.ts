/** What stands behind one scheme of network addresses. */
export interface Scheme {
  /** FFmpeg protocols that may be opened for it, in whatever it leads to (playlists, redirects, media of a session). */
  readonly protocols: readonly string[];
  /** Where it listens when the address names no port; null = the address has to name one. */
  readonly port: number | null;
  /** Whether TLS comes first. */
  readonly tls: boolean;
  /** Whether a TCP connection is made at all: only then can one be tried on its own. */
  readonly tcp: boolean;
  /** Whether the host may be left out: we listen ourselves. */
  readonly mayListen: boolean;
  /** FFmpeg reads options of the protocol out of the query; these may be given. null = the query belongs to the server. */
  readonly queryKeys: readonly string[] | null;
  /** Demuxer and protocol options, by FFmpeg's names. `timeoutUs`: limit of one silent read, µs. */
  readonly options: (wanted: { readonly timeoutUs: number; readonly rtspTransport: "tcp" | "udp" }) => Readonly<Record<string, string>>;
}

/**
 * `timeout` is the RTSP demuxer's own since FFmpeg 5.0. `rw_timeout` must not be given with it: FFmpeg 7.1 refuses what it
 * does not use.
 */
const rtsp = (tls: boolean): Scheme => ({
  protocols: ["rtp", "udp", "tcp", "tls", "srtp"],
  port: tls ? 322 : 554,
  tls,
  tcp: true,
  mayListen: false,
  queryKeys: null,
  // TLS carries everything over the one connection; datagrams would go beside it, in the clear.
  options: ({ timeoutUs, rtspTransport }) => ({ rtsp_transport: tls ? "tcp" : rtspTransport, timeout: String(timeoutUs) }),
});

/** Includes what playlists may lead to: other addresses of the web, and segments with keys (`crypto`), never files. */
const http = (tls: boolean): Scheme => ({
  protocols: ["http", "https", "httpproxy", "tcp", "tls", "crypto"],
  port: tls ? 443 : 80,
  tls,
  tcp: true,
  mayListen: false,
  queryKeys: null,
  options: ({ timeoutUs }) => ({ rw_timeout: String(timeoutUs) }),
});

/** The first packets of FLV hold what describes the stream: FFmpeg would wait 5 s for the sound that a header promises and a camera never sends. */
export const SHORT_LOOK = { analyzeduration: "1000000" } as const;

/** Here `timeout` would mean to listen. */
const rtmp = (tls: boolean): Scheme => ({
  protocols: tls ? ["rtmps", "tls", "tcp"] : ["rtmp", "tcp"],
  port: tls ? 443 : 1935,
  tls,
  tcp: true,
  mayListen: false,
  queryKeys: null,
  options: ({ timeoutUs }) => ({ rw_timeout: String(timeoutUs), ...SHORT_LOOK }),
});

const srt: Scheme = {
  protocols: ["srt"],
  port: null,
  tls: false,
  tcp: false,
  mayListen: true,
  queryKeys: ["mode", "streamid", "passphrase", "pbkeylen", "latency", "rcvlatency", "peerlatency", "pkt_size", "maxbw", "tlpktdrop", "transtype"],
  options: ({ timeoutUs }) => ({ timeout: String(timeoutUs), listen_timeout: String(timeoutUs), connect_timeout: String(Math.round(timeoutUs / 1000)) }),
};

const udp: Scheme = {
  protocols: ["udp"],
  port: null,
  tls: false,
  tcp: false,
  mayListen: true,
  queryKeys: ["localaddr", "localport", "reuse", "buffer_size", "fifo_size", "pkt_size", "sources", "block"],
  // A full buffer loses packets; it must not end the stream.
  options: ({ timeoutUs }) => ({ timeout: String(timeoutUs), overrun_nonfatal: "1" }),
};

/** Every scheme that is opened, and nothing else is. */
export const SCHEMES: Readonly<Record<string, Scheme>> = {
  rtsp: rtsp(false),
  rtsps: rtsp(true),
  http: http(false),
  https: http(true),
  rtmp: rtmp(false),
  rtmps: rtmp(true),
  srt,
  udp,
};
