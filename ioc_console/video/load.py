"""Load: whether decoding of one stream keeps up, and its pictures and bits a second."""

import time
from collections import deque

from ioc_console.domain.cameras import Effort

LATE_S, SOON_S = 0.6, 0.15
HOLD_S, RETURN_S, MOST_RETURN_S = 3.0, 10.0, 120.0
STARVED = 0.3
REBASE_S = 30.0
EASIER = {Effort.ALL: Effort.REFERENCE, Effort.REFERENCE: Effort.KEY, Effort.KEY: Effort.KEY}
HARDER = {Effort.KEY: Effort.REFERENCE, Effort.REFERENCE: Effort.ALL, Effort.ALL: Effort.ALL}


class Load:
    """How much of a stream to decode, by how far its pictures fall behind their own stamps, with hysteresis.

    The stream's clock is anchored at its earliest picture; what comes later than that is behind. It is our
    fault only where the packets lay ready: a stream that was waited for is late by itself. Each relapse makes
    the way back to everything longer.
    """

    def __init__(self, now: float | None = None) -> None:
        self.effort = Effort.ALL
        self.anchor: float | None = None
        self.since = time.monotonic() if now is None else now
        self.waited_s = 0.0
        self.patience = RETURN_S

    def judge(self, stamp_s: float | None, now: float, waited_s: float) -> Effort:
        """Take in one picture's stamp and how long was waited for packets in all; return how much to decode."""
        if stamp_s is None:
            return self.effort
        offset = now - stamp_s
        if self.anchor is None or offset < self.anchor or offset - self.anchor > REBASE_S:
            self.anchor = offset
        held = now - self.since
        if held < HOLD_S:
            return self.effort
        late, idle = offset - self.anchor, (waited_s - self.waited_s) / held
        if late > LATE_S and idle < STARVED:
            self.turn(EASIER[self.effort], now, waited_s)
        elif held >= self.patience and (late < SOON_S or idle >= STARVED):
            self.turn(HARDER[self.effort], now, waited_s)
        elif held > MOST_RETURN_S:
            self.since, self.waited_s = now, waited_s
        return self.effort

    def turn(self, effort: Effort, now: float, waited_s: float) -> None:
        """Decode so much from now on, and judge by what comes from now on."""
        if effort is not self.effort and effort is EASIER[self.effort]:
            self.patience = min(self.patience * 2, MOST_RETURN_S)
        self.effort, self.since, self.waited_s = effort, now, waited_s


class Rates:
    """Pictures and bits a second over the last few seconds."""

    def __init__(self) -> None:
        self.marks: deque[tuple[float, int, int]] = deque(maxlen=6)

    def mark(self, now: float, pictures: int, received: int) -> tuple[float, int]:
        """Take the counts in once a second; return pictures a second and kilobits a second."""
        self.marks.append((now, pictures, received))
        before = self.marks[0]
        seconds = now - before[0]
        if seconds <= 0:
            return 0.0, 0
        return (pictures - before[1]) / seconds, round((received - before[2]) * 8 / seconds / 1_000)
