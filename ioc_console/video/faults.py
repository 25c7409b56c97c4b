"""Faults: what a library's error means to the person who has to mend it, and its words without secrets."""

import errno
import re

import av

from ioc_console.domain.cameras import StreamError

NUMBERS = {
    errno.ECONNREFUSED: StreamError.REFUSED,
    errno.ETIMEDOUT: StreamError.TIMED_OUT,
    errno.EAGAIN: StreamError.TIMED_OUT,
    errno.EHOSTUNREACH: StreamError.UNREACHABLE,
    errno.ENETUNREACH: StreamError.UNREACHABLE,
    errno.EHOSTDOWN: StreamError.UNREACHABLE,
    errno.EIO: StreamError.UNREACHABLE,  # the library's answer to a name that cannot be resolved
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
    # RTSP's 453 reaches us only as "another 4xx", and a camera at its limit answers 503 as well.
    (av.error.HTTPOtherClientError, StreamError.BUSY),
    (av.error.HTTPServerError, StreamError.BUSY),
    (av.error.ExitError, StreamError.TIMED_OUT),
    (av.error.EOFError, StreamError.ENDED),
)
HIDDEN = "…"


def reason_of(error: BaseException) -> StreamError:
    """Return why a stream failed, from the error that the library raised."""
    for kind, reason in KINDS:
        if isinstance(error, kind):
            return reason
    return NUMBERS.get(getattr(error, "errno", None) or 0, StreamError.UNDECODABLE)


def scrub(text: str) -> str:
    """Return a library's words without addresses and what may be a password in them."""
    bare = re.sub(r"[a-z][a-z0-9+.-]*://\S*", HIDDEN, text, flags=re.IGNORECASE)
    bare = re.sub(r"\S*@\S*", HIDDEN, bare)
    bare = re.sub(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?", HIDDEN, bare)
    return bare[:200]
