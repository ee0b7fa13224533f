/** @typedef {"ffmpeg" | "chromium" | "gstreamer" | "nats" | "strace" | "pip"} SystemPackage */

/**
 * How one package manager installs what we need.
 * @typedef {object} PackageManager
 * @property {string} program found on PATH, the first row that is there is used
 * @property {boolean} needsRoot whether it refuses to work for an ordinary user
 * @property {string[][]} before commands to run first; they may fail
 * @property {Readonly<Record<SystemPackage, readonly string[] | undefined>>} install
 *   the command for each package; undefined when it has none that we trust
 */

/**
 * Installs the server named by $0 and keeps its service still: a server that comes along with a test must not run from then
 * on, nor at the next start of the machine. What Debian's installer asks before it starts a service is policy-rc.d (101 = it
 * may not); one that is there already stays as it is.
 */
const WITHOUT_SERVICE = [
  "policy=/usr/sbin/policy-rc.d",
  "if [ ! -e $policy ]; then printf '#!/bin/sh\\nexit 101\\n' > $policy; chmod 755 $policy; trap 'rm -f $policy' EXIT; fi",
  "apt-get install -y --no-install-recommends $0 || exit $?",
  "systemctl disable $0 2>/dev/null || true",
].join("\n");

/** @type {readonly PackageManager[]} */
export const PACKAGE_MANAGERS = [
  {
    program: "apt-get",
    needsRoot: true,
    // A bare container has no package lists, an old machine has outdated ones.
    before: [["apt-get", "update"]],
    install: {
      ffmpeg: ["apt-get", "install", "-y", "--no-install-recommends", "ffmpeg"],
      chromium: ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
      gstreamer: [
        ...["apt-get", "install", "-y", "--no-install-recommends"],
        ...["python3-gi", "gir1.2-gst-rtsp-server-1.0"],
        "gir1.2-gst-plugins-base-1.0",
        "glib-networking",
        // base: appsrc; good: RTP; bad: x265; ugly: x264.
        "gstreamer1.0-plugins-base",
        "gstreamer1.0-plugins-good",
        "gstreamer1.0-plugins-bad",
        "gstreamer1.0-plugins-ugly",
      ],
      nats: ["sh", "-c", WITHOUT_SERVICE, "nats-server"],
      strace: ["apt-get", "install", "-y", "--no-install-recommends", "strace"],
      pip: ["apt-get", "install", "-y", "--no-install-recommends", "python3-pip"],
    },
  },
  {
    program: "dnf",
    needsRoot: true,
    before: [],
    // By file: Fedora has it in ffmpeg-free, RPM Fusion in ffmpeg.
    install: {
      ffmpeg: ["dnf", "install", "-y", "/usr/bin/ffmpeg"],
      chromium: ["dnf", "install", "-y", "chromium"],
      gstreamer: undefined,
      nats: undefined,
      strace: ["dnf", "install", "-y", "strace"],
      pip: ["dnf", "install", "-y", "python3-pip"],
    },
  },
  {
    program: "brew",
    needsRoot: false,
    before: [],
    install: { ffmpeg: ["brew", "install", "ffmpeg"], chromium: undefined, gstreamer: undefined, nats: ["brew", "install", "nats-server"], strace: undefined, pip: ["brew", "install", "python"] },
  },
  {
    program: "winget",
    needsRoot: false,
    before: [],
    install: {
      ffmpeg: ["winget", "install", "--exact", "--id", "Gyan.FFmpeg", "--accept-source-agreements", "--accept-package-agreements"],
      chromium: undefined,
      gstreamer: undefined,
      nats: undefined,
      strace: undefined,
      pip: undefined,
    },
  },
];
