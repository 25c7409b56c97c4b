"""A real RTSP server over H.264 loops whose time stamps run on; runs under the system's Python with GStreamer.

usage: rtsp_server.py MANIFEST.json, which reads
{"port": 8554, "user": "", "password": "", "mounts": {"/c201/sub": {"file": "x.h264", "fps": 15, "phase": 0}}};
a user guards every mount, as on a camera. It ends when its standard input does, and prints READY once it listens.
"""

import json
import sys
import zlib
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

READ = {"file", "fps", "phase"}
"""What is read of a mount."""
DELIMITER = b"\x00\x00\x00\x01\x09"
LAUNCH = (
    "( appsrc name=source is-live=true format=time max-bytes=0 "
    'caps="video/x-h264,stream-format=byte-stream,alignment=au,framerate={fps}/1" '
    "! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 )"
)


def access_units(data):
    """Cut an Annex B stream at its access unit delimiters."""
    starts, at = [], data.find(DELIMITER)
    while at >= 0:
        starts.append(at)
        at = data.find(DELIMITER, at + 5)
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)])]  # noqa: B905


def has_key(unit):
    """Say whether an access unit holds an IDR slice."""
    at = unit.find(b"\x00\x00\x01")
    while at >= 0 and at + 3 < len(unit):
        if unit[at + 3] & 0x1F == 5:
            return True
        at = unit.find(b"\x00\x00\x01", at + 3)
    return False


class Loop:
    """The access units of one file, read once for all cameras that show it."""

    files = {}

    def __init__(self, file):
        self.units = access_units(Path(file).read_bytes())
        self.keys = [at for at, unit in enumerate(self.units) if has_key(unit)]

    @classmethod
    def of(cls, file):
        """Return a file's loop."""
        if file not in cls.files:
            cls.files[file] = cls(file)
        return cls.files[file]


class Feed:
    """Pushes a loop into one running media, each unit when its time has come, for ever."""

    def __init__(self, media, mount):
        self.loop = Loop.of(mount["file"])
        self.fps = mount["fps"]
        keys = self.loop.keys
        self.offset = keys[mount.get("phase", 0) % len(keys)]
        self.source = media.get_element().get_child_by_name("source")
        self.pushed = 0
        self.began = None
        # The moments of the cameras' pictures are spread over the period, so that they do not all come at once.
        self.spread = zlib.crc32(repr(sorted(mount.items())).encode()) % 1000 / 1000 / self.fps
        self.timer = GLib.timeout_add(max(1, int(500 / self.fps)), self.push)
        media.connect("unprepared", self.stop)

    def push(self):
        """Push every unit that is due."""
        now = GLib.get_monotonic_time() / 1e6
        if self.began is None:
            self.began = now + self.spread
        while self.pushed / self.fps <= now - self.began:
            unit = self.loop.units[(self.offset + self.pushed) % len(self.loop.units)]
            buffer = Gst.Buffer.new_wrapped(unit)
            buffer.pts = buffer.dts = int(self.pushed * Gst.SECOND / self.fps)
            buffer.duration = int(Gst.SECOND / self.fps)
            if self.source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                break
            self.pushed += 1
        return True

    def stop(self, media):
        """Stop pushing: the last client went."""
        if self.timer:
            GLib.source_remove(self.timer)
            self.timer = 0


def factory_of(mount):
    """Return the factory of one mount, shared among its clients."""
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(LAUNCH.format(fps=mount["fps"]))
    factory.set_shared(True)
    factory.set_latency(0)
    factory.connect("media-configure", lambda _, media: feeds.append(Feed(media, mount)) or prune())
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
    return factory


def prune():
    """Forget the feeds that have stopped."""
    feeds[:] = [feed for feed in feeds if feed.timer]


def auth_of(manifest):
    """Return the server's log-in by Digest."""
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(manifest["user"], manifest["password"], token)
    return auth


def misplaced(manifest):
    """Return what a mount says that is not read there, in words; empty where there is nothing."""
    for path, mount in manifest["mounts"].items():
        unread = sorted(mount.keys() - READ)
        if unread:
            return f"mount {path}: {', '.join(unread)} is not read here; a user guards every mount, beside the port"
    return ""


def main():
    """Serve until standard input ends."""
    Gst.init(None)
    manifest = json.loads(Path(sys.argv[1]).read_text())
    wrong = misplaced(manifest)
    if wrong:
        sys.exit(wrong)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(manifest["port"]))
    mounts = server.get_mount_points()
    for path, mount in manifest["mounts"].items():
        mounts.add_factory(path, factory_of(mount))
    if manifest.get("user"):
        server.set_auth(auth_of(manifest))
    if not server.attach(None):
        sys.exit(f"port {manifest['port']} is taken")
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_HUP | GLib.IO_ERR, lambda *_: loop.quit())
    print("READY", flush=True)
    loop.run()


feeds = []
if __name__ == "__main__":
    main()
