"""An RTSP server whose frames carry their own number, for the tests. Started by rtsp-server.ts, on loopback only.

Reads one line of JSON from stdin (so that a password is in no argument list) and ends when stdin ends, so that it never
outlives the test. Keys: port (0 = any), path, widthPx, heightPx, fps, codec (h264 | h265 | mjpeg), firstFrame,
frames (after so many the stream ends, and begins anew with the next client; null = never), user, password (null = open
to all), tls (certFile and keyFile; null = none).

Prints one line each, at once:
  READY <port>
  frame <number> <sentAtMs>     a frame was handed to the encoder; ms of CLOCK_MONOTONIC, the clock of Node's performance.now
                                plus a constant and of process.hrtime as it is
  playing | idle                the first client came; the last one left
The picture: 16 bars of equal width over the whole height, white = 1, the lowest bit on the left. What it needs is in
src/setup/system-packages.mjs; run with --check it only tells, by its exit status, whether everything is there.
"""
import json
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstApp, GstRtspServer  # noqa: E402, F401

BITS = 16
# Video levels of black, white and no colour (BT.601).
BLACK, WHITE, NO_COLOUR = 16, 235, 128
# A key frame a second: who comes in the middle sees a picture soon, as from a camera.
ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate={kbps} key-int-max={fps} bframes=0 threads=1"
    " ! video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate={kbps} key-int-max={fps} option-string=pools=1:frame-threads=1"
    " ! h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1",
    "mjpeg": "jpegenc quality=85 ! rtpjpegpay name=pay0 pt=26",
}
ELEMENTS = ["appsrc", "videoconvert", "x264enc", "x265enc", "h265parse", "jpegenc", "rtph264pay", "rtph265pay", "rtpjpegpay", "rtpbin"]


def say(*words):
    print(*words, flush=True)


def picture(number, width, height):
    """One I420 picture of the number."""
    edges = [round(bit * width / BITS) for bit in range(BITS + 1)]
    row = b"".join(
        bytes([WHITE if number >> bit & 1 else BLACK]) * (edges[bit + 1] - edges[bit]) for bit in range(BITS)
    )
    return row * height + bytes([NO_COLOUR]) * (width * height // 2)


class Camera:
    """Counts frames through all clients' comings and goings, as a camera does through reconnects."""

    def __init__(self, plan):
        self.plan = plan
        self.number = plan["firstFrame"]

    def feed(self, source, stop):
        period = 1 / self.plan["fps"]
        due = time.monotonic()
        last = self.plan["frames"] and (self.number + self.plan["frames"]) % (1 << BITS)
        while self.number != last:
            data = picture(self.number, self.plan["widthPx"], self.plan["heightPx"])
            if stop.wait(max(0, due - time.monotonic())):
                return
            sent_at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            if source.push_buffer(Gst.Buffer.new_wrapped(data)) != Gst.FlowReturn.OK:
                return
            say("frame", self.number, "%.3f" % (sent_at / 1e6))
            self.number = (self.number + 1) % (1 << BITS)
            due = max(due + period, time.monotonic() - 1)
        source.end_of_stream()

    def begin(self, _factory, media):
        """A first client came: a new pipeline is made, and this thread's frames go to it."""
        source = media.get_element().get_child_by_name("frames")
        stop = threading.Event()

        def over(_media):
            if not stop.is_set():
                stop.set()
                say("idle")

        media.connect("unprepared", over)
        say("playing")
        threading.Thread(target=self.feed, args=(source, stop), daemon=True).start()


def serve(plan):
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(plan["port"]))
    width, height, fps = plan["widthPx"], plan["heightPx"], plan["fps"]
    # Sharp edges that move need bits; too few would blur them.
    encoder = ENCODERS[plan["codec"]].format(fps=fps, kbps=max(500, width * height * fps // 3000))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    factory.set_launch(
        f"( appsrc name=frames is-live=true do-timestamp=true format=time max-buffers=4 leaky-type=downstream"
        f" caps=video/x-raw,format=I420,width={width},height={height},framerate={fps}/1 ! {encoder} )"
    )
    factory.connect("media-configure", Camera(plan).begin)
    auth = GstRtspServer.RTSPAuth()
    if plan["tls"] is not None:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(plan["tls"]["certFile"], plan["tls"]["keyFile"]))
    if plan["password"] is not None:
        protect(auth, factory, plan["user"], plan["password"])
    elif plan["tls"] is not None:
        open_to_all(auth, factory)
    if plan["tls"] is not None or plan["password"] is not None:
        server.set_auth(auth)
    server.get_mount_points().add_factory(plan["path"], factory)
    if server.attach(None) == 0:
        sys.exit("cannot listen on port %d" % plan["port"])
    say("READY", server.get_bound_port())


ROLE = "viewer"


def token_of_viewers():
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    return token


def let_viewers_in(factory):
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(ROLE, "media.factory.access", True)
    permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
    factory.set_permissions(permissions)


def protect(auth, factory, user, password):
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token_of_viewers())
    let_viewers_in(factory)


def open_to_all(auth, factory):
    """The server checks permissions as soon as it has an auth object, which TLS needs."""
    auth.set_default_token(token_of_viewers())
    let_viewers_in(factory)


def main():
    Gst.init(None)
    if "--check" in sys.argv:
        missing = [name for name in ELEMENTS if Gst.ElementFactory.find(name) is None]
        sys.exit("missing: " + ", ".join(missing) if missing else 0)
    serve(json.loads(sys.stdin.readline()))
    loop = GLib.MainLoop()

    def hold():
        sys.stdin.read()
        loop.quit()

    threading.Thread(target=hold, daemon=True).start()
    loop.run()


main()
