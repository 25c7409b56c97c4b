"""The census: how many cameras are live, which are not, and whose pictures cannot be believed."""

from datetime import datetime

from ioc_console.domain.cameras import SUB, Camera, CameraHealth, PictureHealth, StreamState, Verdict
from ioc_console.model import Entity


class Census:
    """Counts over cameras and their healths."""

    shows = (Camera, CameraHealth, PictureHealth)

    def __init__(self) -> None:
        self.cameras: dict[str, Camera] = {}
        self.healths: dict[str, CameraHealth] = {}
        self.verdicts: dict[str, PictureHealth] = {}

    def put(self, entity: Entity) -> None:
        """Take in an entity of one of the three kinds; others are passed over."""
        if isinstance(entity, Camera):
            self.cameras[entity.id] = entity
        elif isinstance(entity, CameraHealth):
            self.healths[entity.id] = entity
        elif isinstance(entity, PictureHealth):
            self.verdicts[entity.id] = entity

    def gone(self, kind: str, id: str) -> None:
        """Take in that an entity is no more."""
        tables = {"camera": self.cameras, "camera_health": self.healths, "picture_health": self.verdicts}
        tables.get(kind, {}).pop(id, None)

    def live(self) -> int:
        """Return how many cameras give pictures."""
        return sum(self.state(id) is StreamState.LIVE for id in self.cameras)

    def state(self, camera: str) -> StreamState | None:
        """Return what a camera's best stream does, or None where nobody has said."""
        known = [health for stream in (SUB, "main") if (health := self.healths.get(f"{camera}/{stream}"))]
        live = next((health for health in known if health.state is StreamState.LIVE), None)
        return live.state if live else known[0].state if known else None

    def lost(self) -> list[tuple[Camera, datetime]]:
        """Return the cameras that are offline and since when, the longest first."""
        found = [
            (camera, self.healths[f"{id}/{SUB}"].since)
            for id, camera in self.cameras.items()
            if self.state(id) is StreamState.OFFLINE
        ]
        return sorted(found, key=lambda pair: pair[1])

    def doubtful(self) -> list[tuple[Camera, PictureHealth]]:
        """Return the cameras whose pictures cannot be believed, the longest first."""
        found = [
            (self.cameras[id], health)
            for id, health in self.verdicts.items()
            if id in self.cameras and health.verdict is not Verdict.TRUE
        ]
        return sorted(found, key=lambda pair: pair[1].since)
