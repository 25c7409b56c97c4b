"""Ten minutes of garbage against the decoder of frames: it refuses, and raises nothing else."""

import contextlib
import random
import time

import pytest

from ioc_console.model import Refused
from ioc_console.protocol import Codec
from ioc_console.words import city_words

SECONDS = 600
SEEDS = (
    b'{"frame":"hello","version":1,"role":"display","name":"x","token":"00"}',
    b'{"frame":"do","n":1,"id":"12345678","command":{"command":"wall.reset","surface":"a"},"desk":"d","seen":0,"made":"2026-11-25T00:00:00Z"}',
    b'{"frame":"look","n":2,"view":{"kind":"camera","where":[{"field":"id","value":"x","relation":"="}]}}',
    b'{"frame":"put","n":3,"puts":[{"kind":"guest","id":"g","name":"n","role":"r","since":"2026-11-25T00:00:00Z"}]}',
)  # fmt: skip


@pytest.mark.soak
@pytest.mark.timeout(700)
def test_the_frame_decoder_only_ever_refuses() -> None:
    codec, dice = Codec(city_words()), random.Random(1)
    until, tried = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        data = bytearray(dice.choice(SEEDS))
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with contextlib.suppress(Refused):
            frame = codec.read_guest(bytes(data))
            codec.entities(getattr(frame, "puts", ()))
        tried += 1
    assert tried > 100_000
