"""Picture health: finds cameras whose packets flow while their pictures lie."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ioc_console.client import Link
from ioc_console.domain.cameras import TakeReference
from ioc_console.engine import PluginPlace
from ioc_console.model import Refused
from ioc_console.processors import run_processor
from ioc_console.worker import Processor
from plugins.picture_health.judge import Limits, watch
from plugins.picture_health.measures import SIZE

Every = Annotated[float, msgspec.Meta(ge=0.2, le=10)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often each camera is looked at, in seconds, and the limits of the judgement."""

    every_s: Every = 2.0
    limits: Limits = Limits()


async def run(link: Link, config: Config, place: PluginPlace) -> None:
    """Judge every camera of the site until cancelled; a new reference is taken on command."""
    cameras = [camera.id for camera in place.site.cameras]
    references = place.data / "references"
    references.mkdir(parents=True, exist_ok=True)
    stamps = references / "retake"
    stamps.mkdir(exist_ok=True)

    async def retake(command: Any) -> dict[str, Any]:
        """Have a camera's reference taken anew."""
        if command.camera not in cameras:
            raise Refused("camera.unknown", camera=command.camera)
        await asyncio.to_thread(ask_retake, stamps, command.camera)
        return {"camera": command.camera}

    link.carry(TakeReference, retake)
    place.say(f"{len(cameras)} cameras")
    processor = Processor("picture_health", SIZE, config.every_s, watch)
    settings = (config.limits, references)
    await run_processor(processor, settings, cameras, link, place)


def ask_retake(stamps: Path, camera: str) -> None:
    """Leave word for the worker that a camera's reference is to be taken anew."""
    (stamps / camera).touch()
