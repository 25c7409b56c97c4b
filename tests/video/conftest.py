"""What the video tests share: clips made with PyAV, raw servers that misbehave, and waiting by events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest


def make_clip(file: Path, codec: str, width: int, height: int, pictures: int = 20, fps: int = 20) -> Path:
    """Encode a clip whose pictures are flat greys that grow lighter."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        stream.options = {"x265-params": "log-level=none:bframes=0"} if codec == "libx265" else {"bf": "0"}
        for at in range(pictures):
            grey = np.full((height * 3 // 2, width), 128, np.uint8)
            grey[:height] = 40 + at * 5 % 200
            frame = av.VideoFrame.from_ndarray(grey, format="yuv420p").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = at, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """Serve on a free port; end every connection at the end, whatever it waits for."""
    tasks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        tasks.discard(task)
        writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.05)


@pytest.fixture
def rings(tmp_path: Path) -> Path:
    """A folder for rings."""
    return tmp_path / "rings"
