"""The camera list: every camera by ward and tag, to be put on a tile."""

from typing import Any

from widgets.drawer import Drawer, Row


class CameraList(Drawer):
    """The drawer of cameras."""

    def __init__(self, wall: Any) -> None:
        super().__init__(wall, wall.theme, wall.text, wall.place.unit, wall.text.say("camera_list.hint"))
        self.source = self.cameras
        self.chosen = lambda id: wall.controls.put_on_focus(id)

    def cameras(self) -> list[Row]:
        """Return the cameras, ward by ward in order of their numbers."""
        rows, ward = [], None
        known = self.wall.tiles.plan.cameras.values()
        for camera in sorted(known, key=lambda camera: (camera.ward, camera.number)):
            if camera.ward != ward:
                ward = camera.ward
                words = ward or self.wall.text.say("camera_list.no_ward")
                rows.append(Row("", "", words, heading=True))
            tags = " ".join(camera.tags)
            rows.append(Row(camera.id, str(camera.number), camera.name, tags, also=camera.ward))
        return rows
