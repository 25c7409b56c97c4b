"""Faults: what a library's error means to the person who has to mend it, and its words without secrets."""

import errno
import re
import socket

import av

from ioc_console.domain.cameras import StreamError
from ioc_console.model import Refused
from ioc_console.video.replies import Unopened

NUMBERS = {
    errno.ECONNREFUSED: StreamError.REFUSED,
    errno.ETIMEDOUT: StreamError.TIMED_OUT,
    errno.EAGAIN: StreamError.TIMED_OUT,
    errno.EHOSTUNREACH: StreamError.UNREACHABLE,
    errno.ENETUNREACH: StreamError.UNREACHABLE,
    errno.EHOSTDOWN: StreamError.UNREACHABLE,
    errno.ENOENT: StreamError.NO_STREAM,
    errno.EISDIR: StreamError.NO_STREAM,
    errno.EACCES: StreamError.NO_STREAM,
    errno.ECONNRESET: StreamError.ENDED,
    errno.EPIPE: StreamError.ENDED,
    errno.ENOSPC: StreamError.NO_ROOM,
}
KINDS: tuple[tuple[type[BaseException], StreamError], ...] = (
    (av.error.HTTPUnauthorizedError, StreamError.UNAUTHORISED),
    (av.error.HTTPForbiddenError, StreamError.UNAUTHORISED),
    (av.error.HTTPNotFoundError, StreamError.NO_STREAM),
    (av.error.HTTPBadRequestError, StreamError.NO_STREAM),
    (av.error.HTTPTooManyRequestsError, StreamError.BUSY),
    (av.error.HTTPOtherClientError, StreamError.REJECTED),
    (av.error.HTTPServerError, StreamError.REJECTED),
    (av.error.ExitError, StreamError.TIMED_OUT),
    (av.error.EOFError, StreamError.ENDED),
)
STATUSES = {
    401: StreamError.UNAUTHORISED,
    403: StreamError.UNAUTHORISED,
    404: StreamError.NO_STREAM,
    429: StreamError.BUSY,
    453: StreamError.BUSY,
    461: StreamError.NO_TRANSPORT,
    503: StreamError.BUSY,
}
"""What the statuses of RTSP (RFC 2326, 11) mean that the library lumps together."""
EXPECTED = (Unopened, Refused, av.error.FFmpegError, OSError, ValueError)
"""What a camera, or the machine's memory, may bring about; anything else is a mistake of ours."""
HIDDEN = "…"


def reason_of(error: BaseException, host: str = "") -> StreamError:
    """Return why a stream of a host failed, from the error that was raised; may wait for the name server."""
    if isinstance(error, Refused):
        return StreamError.NO_ROOM
    if isinstance(error, Unopened):
        return STATUSES.get(error.status) or reason_of(error.error, host)
    for kind, reason in KINDS:
        if isinstance(error, kind):
            return reason
    number = getattr(error, "errno", None) or 0
    # The library's answer to a name that cannot be resolved, and to what is no HTTP at all.
    if number == errno.EIO:
        return StreamError.UNDECODABLE if is_known(host) else StreamError.UNREACHABLE
    return NUMBERS.get(number, StreamError.UNDECODABLE)


def scrub(text: str) -> str:
    """Return a library's words without addresses and what may be a password in them."""
    bare = re.sub(r"[a-z][a-z0-9+.-]*://\S*", HIDDEN, text, flags=re.IGNORECASE)
    bare = re.sub(r"\S*@\S*", HIDDEN, bare)
    bare = re.sub(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?", HIDDEN, bare)
    return bare[:200]


def is_known(host: str) -> bool:
    """Say whether a host's name can be resolved; waits for the name server."""
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True
