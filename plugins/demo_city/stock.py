"""Keeps the stock of rendered clips whole: what is missing is rendered in two processes at most."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from plugins.demo_city.clips import Shape, key_of, render
from plugins.demo_city.scenes import SCENES


def render_missing(cache: Path, progress: Callable[[int, int, str], None]) -> list[str]:
    """Render the clips that a cache lacks; returns the names of their files in the scenes' order."""
    return fill(cache / "demo_city", progress)


def fill(folder: Path, progress: Callable[[int, int, str], None]) -> list[str]:
    """Render the clips that a folder lacks; what `progress` raises ends it before the next clip."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [key_of(scene, Shape()) for scene in SCENES]
    missing = [s for s, name in zip(SCENES, names, strict=True) if not (folder / f"{name}.truth.json").exists()]
    done = len(SCENES) - len(missing)
    progress(done, len(SCENES), "")
    if not missing:
        return names
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    try:
        for job in as_completed([pool.submit(render, scene, folder, Shape()) for scene in missing]):
            done += 1
            progress(done, len(SCENES), job.result())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return names
