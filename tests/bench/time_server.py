"""Serves one camera whose access units come on standard input; runs under the system's Python with GStreamer.

usage: time_server.py PORT; each unit is its length in four bytes, big-endian, then itself; it ends with the input.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

LAUNCH = (
    "( appsrc name=source is-live=true format=time do-timestamp=true max-bytes=0 "
    'caps="video/x-h264,stream-format=byte-stream,alignment=au,framerate=25/1" '
    "! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
sources = []


def configure(_, media):
    """Remember where the units of a new media go."""
    source = media.get_element().get_child_by_name("source")
    sources.append(source)
    media.connect("unprepared", lambda _: sources.remove(source))


def feed(loop):
    """Hand every unit on to whoever watches."""
    while len(head := sys.stdin.buffer.read(4)) == 4:
        unit = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        for source in tuple(sources):
            source.emit("push-buffer", Gst.Buffer.new_wrapped(unit))
    loop.quit()


def main():
    """Serve until standard input ends."""
    Gst.init(None)
    server, loop = GstRtspServer.RTSPServer(), GLib.MainLoop()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(LAUNCH)
    factory.set_shared(True)
    factory.set_latency(0)
    factory.connect("media-configure", configure)
    server.get_mount_points().add_factory("/b0/sub", factory)
    if not server.attach(None):
        sys.exit("the port is taken")
    threading.Thread(target=feed, args=(loop,), daemon=True).start()
    print("READY", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
