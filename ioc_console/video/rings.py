"""Shared picture rings: mapped files of three I420 slots, written by one process and read by many."""

import contextlib
import mmap
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from ioc_console.domain.cameras import Effort, StreamError, StreamState
from ioc_console.video.ring_files import allocate, is_locked, newest_generation, next_generation
from ioc_console.video.scaling import Plane, scale

T = TypeVar("T")
Size = tuple[int, int] | None
SLOTS = 3
HEADER = 4_096
MAGIC = 0x494F4352
LOOK_NS = 250_000_000
STATES, ERRORS, EFFORTS = tuple(StreamState), tuple(StreamError), tuple(Effort)

# Places of the header's 64-bit words.
AT_MAGIC, AT_WIDTH, AT_HEIGHT, AT_NEWEST, AT_STATE, AT_ERROR, AT_EFFORT = range(7)
AT_SLOTS = 8
SLOT_WORDS = 4
SLOT_SEQUENCE, SLOT_DECODED, SLOT_RECEIVED_US = range(3)
AT_NATIVE_WIDTH, AT_NATIVE_HEIGHT = range(AT_SLOTS + SLOTS * SLOT_WORDS, AT_SLOTS + SLOTS * SLOT_WORDS + 2)


class Picture(msgspec.Struct, frozen=True):
    """One decoded picture as views into its slot, valid only inside `RingReader.read`.

    `y` is (height, width), `u` and `v` are half of that each way. `decoded_ns` is on the monotonic clock,
    which all processes of a machine share; `received_at` is in seconds since 1970.
    """

    sequence: int
    width: int
    height: int
    y: Plane
    u: Plane
    v: Plane
    decoded_ns: int
    received_at: float


def frame_bytes(width: int, height: int) -> int:
    """Return the size of one I420 picture of even width and height, in bytes."""
    return width * height * 3 // 2


class Mapped:
    """A ring's file in memory: its header words and its slots' planes."""

    def __init__(self, descriptor: int, access: int, width: int = 0, height: int = 0) -> None:
        self.map = mmap.mmap(descriptor, 0, access=access)
        # A memory view reads one word in half the time of an array.
        self.words = memoryview(self.map)[:HEADER].cast("q")
        if access == mmap.ACCESS_WRITE:
            self.words[AT_WIDTH], self.words[AT_HEIGHT] = width, height
        self.width, self.height = self.words[AT_WIDTH], self.words[AT_HEIGHT]
        whole = HEADER + SLOTS * frame_bytes(self.width, self.height)
        if len(self.map) < whole or self.width < 2 or self.height < 2:
            raise ValueError("not a whole ring")
        self.planes = [self.slot_planes(slot) for slot in range(SLOTS)]

    def slot_planes(self, slot: int) -> tuple[Plane, Plane, Plane]:
        """Return a slot's planes."""
        luma = self.width * self.height
        offset = HEADER + slot * frame_bytes(self.width, self.height)
        half = (self.height // 2, self.width // 2)
        return (
            np.frombuffer(self.map, np.uint8, luma, offset).reshape(self.height, self.width),
            np.frombuffer(self.map, np.uint8, luma // 4, offset + luma).reshape(half),
            np.frombuffer(self.map, np.uint8, luma // 4, offset + luma * 5 // 4).reshape(half),
        )

    def begin(self, native: tuple[int, int]) -> tuple[int, int]:
        """Say in which size the stream comes, and return it; from now on this is a ring."""
        self.words[AT_NATIVE_WIDTH], self.words[AT_NATIVE_HEIGHT] = native
        self.words[AT_MAGIC] = MAGIC
        return native

    def release(self) -> None:
        """Let go of the mapping once nobody looks at its planes any more."""
        self.planes = []
        self.words = memoryview(bytes(HEADER)).cast("q")
        with contextlib.suppress(BufferError):
            self.map.close()


class RingWriter:
    """The one writer of a camera stream at one size; a new size, or a new process, is a new generation.

    `native` is the size in which the stream comes, where its pictures are kept smaller than that.
    """

    def __init__(self, folder: Path, camera: str, stream: str, width: int, height: int, native: Size = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = newest_generation(folder, camera, stream)
        self.file = folder / f"{camera}-{stream}-{next_generation(before):012d}"
        # A file bears its name only once it is locked and whole, so that nobody takes it for a dead one.
        draft = folder / f".{self.file.name}.{os.getpid()}"
        self.descriptor = allocate(draft, HEADER + SLOTS * frame_bytes(width, height))
        self.mapped = Mapped(self.descriptor, mmap.ACCESS_WRITE, width, height)
        # A sequence never falls, whoever wrote before, even when the clock is set back.
        self.sequence = max(time.monotonic_ns() // 100_000, newest_sequence(before[1]) if before else 0)
        self.native = self.mapped.begin(native or (width, height))
        draft.rename(self.file)
        if before:
            before[1].unlink(missing_ok=True)

    @property
    def size(self) -> tuple[int, int]:
        """The width and height in which pictures are kept."""
        return self.mapped.width, self.mapped.height

    def write(self, y: Plane, u: Plane, v: Plane) -> int:
        """Put a picture into the next slot, scaled where it is larger, and publish it; return its sequence."""
        self.sequence += 1
        slot = self.sequence % SLOTS
        words, at = self.mapped.words, AT_SLOTS + slot * SLOT_WORDS
        words[at + SLOT_SEQUENCE] = 0
        for target, plane in zip(self.mapped.planes[slot], (y, u, v), strict=True):
            if plane.shape == target.shape:
                np.copyto(target, plane)
            else:
                scale(plane, target.shape[::-1], target)
        words[at + SLOT_DECODED] = time.monotonic_ns()
        words[at + SLOT_RECEIVED_US] = time.time_ns() // 1_000
        words[at + SLOT_SEQUENCE] = self.sequence
        words[AT_NEWEST] = self.sequence
        return self.sequence

    def mark(self, state: StreamState, error: StreamError, effort: Effort) -> None:
        """Say how the stream fares, for readers whom the hub cannot tell."""
        self.mapped.words[AT_STATE] = STATES.index(state)
        self.mapped.words[AT_ERROR] = ERRORS.index(error)
        self.mapped.words[AT_EFFORT] = EFFORTS.index(effort)

    def close(self) -> None:
        """Take the ring away; who maps it keeps its last picture."""
        self.mark(StreamState.IDLE, StreamError.NONE, Effort.ALL)
        self.file.unlink(missing_ok=True)
        self.mapped.release()
        os.close(self.descriptor)


class RingReader:
    """Follows a camera stream over all generations of its ring."""

    def __init__(self, folder: Path, camera: str, stream: str) -> None:
        self.folder, self.camera, self.stream = folder, camera, stream
        self.generation = 0
        self.mapped: Mapped | None = None
        self.descriptor = -1
        self.dead = False
        self.looked_ns = 0
        self.folder_ns = 0

    def poll(self) -> int:
        """Return the newest sequence, 0 where there is no picture yet; cheap enough for every repaint."""
        now = time.monotonic_ns()
        if now - self.looked_ns > LOOK_NS:
            self.looked_ns = now
            self.look()
        return self.mapped.words[AT_NEWEST] if self.mapped else 0

    def look(self) -> None:
        """Turn to a newer generation where there is one that has a picture, and notice a writer that died."""
        newest = newest_generation(self.folder, self.camera, self.stream) if self.folder_changed() else None
        if newest and newest[0] != self.generation:
            self.turn(*newest)
        self.dead = self.mapped is not None and not is_locked(self.descriptor)

    def folder_changed(self) -> bool:
        """Say whether rings may have come since the last look; a change of just now is looked at again."""
        try:
            changed_ns = os.stat(self.folder).st_mtime_ns
        except OSError:
            return False
        before, self.folder_ns = self.folder_ns, changed_ns if time.time_ns() - changed_ns > 2 * LOOK_NS else 0
        return changed_ns != before

    def turn(self, generation: int, file: Path) -> None:
        """Map a generation, unless it is not ready yet."""
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            mapped = Mapped(descriptor, mmap.ACCESS_READ)
        except (ValueError, OSError):
            os.close(descriptor)
            return
        if mapped.words[AT_MAGIC] != MAGIC or (self.mapped is not None and not mapped.words[AT_NEWEST]):
            mapped.release()
            os.close(descriptor)
            self.folder_ns = 0  # its first picture does not change the folder
            return
        self.close()
        self.generation, self.mapped, self.descriptor = generation, mapped, descriptor

    def read(self, use: Callable[[Picture], T]) -> T | None:
        """Return what `use` makes of the newest picture, or None where there is none or it was overtaken."""
        mapped = self.mapped
        newest = mapped.words[AT_NEWEST] if mapped else 0
        if mapped is None or not newest:
            return None
        at = AT_SLOTS + newest % SLOTS * SLOT_WORDS
        if mapped.words[at + SLOT_SEQUENCE] != newest:
            return None
        made = use(
            Picture(
                newest, mapped.width, mapped.height, *mapped.planes[newest % SLOTS],
                mapped.words[at + SLOT_DECODED], mapped.words[at + SLOT_RECEIVED_US] / 1e6,
            )
        )  # fmt: skip
        return made if mapped.words[at + SLOT_SEQUENCE] == newest else None

    @property
    def marks(self) -> tuple[int, ...]:
        """What the ring's header says of the stream, to be compared alone."""
        return (*self.mapped.words[AT_STATE : AT_EFFORT + 1], self.dead) if self.mapped else ()

    @property
    def state(self) -> StreamState:
        """What the transport does; OFFLINE where the writer died."""
        if self.mapped is None:
            return StreamState.IDLE
        state = STATES[self.mapped.words[AT_STATE] % len(STATES)]
        # A writer that closed its ring in good order had marked it idle.
        return StreamState.OFFLINE if self.dead and state is not StreamState.IDLE else state

    @property
    def error(self) -> StreamError:
        """Why there is no picture."""
        return ERRORS[self.mapped.words[AT_ERROR] % len(ERRORS)] if self.mapped else StreamError.NONE

    @property
    def effort(self) -> Effort:
        """How much of the stream is decoded."""
        return EFFORTS[self.mapped.words[AT_EFFORT] % len(EFFORTS)] if self.mapped else Effort.ALL

    @property
    def decoded_ns(self) -> int:
        """When the newest picture was decoded, on the monotonic clock; 0 where there is none."""
        if self.mapped is None or not (newest := self.mapped.words[AT_NEWEST]):
            return 0
        return self.mapped.words[AT_SLOTS + newest % SLOTS * SLOT_WORDS + SLOT_DECODED]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in which the stream comes; (0, 0) where there are no pictures."""
        return (self.mapped.words[AT_NATIVE_WIDTH], self.mapped.words[AT_NATIVE_HEIGHT]) if self.mapped else (0, 0)

    @property
    def is_whole(self) -> bool:
        """Whether the pictures here are as large as they come."""
        return self.mapped is not None and self.size == (self.mapped.width, self.mapped.height)

    def close(self) -> None:
        """Let go of the ring; its file is the writer's."""
        if self.mapped:
            self.mapped.release()
            os.close(self.descriptor)
        self.mapped, self.descriptor, self.generation = None, -1, 0


def newest_sequence(file: Path) -> int:
    """Return the last sequence in a ring's file; 0 where it cannot be read."""
    try:
        words = np.fromfile(file, np.int64, AT_SLOTS)
    except OSError:
        return 0
    return int(words[AT_NEWEST]) if len(words) == AT_SLOTS and words[AT_MAGIC] == MAGIC else 0
