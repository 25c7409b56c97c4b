"""The sequence list: every named list of cameras, to be run on the wall."""

from typing import Any

from ioc_console.domain.walls import PlaySequence
from widgets.drawer import Drawer, Row


class SequenceList(Drawer):
    """The drawer of sequences."""

    def __init__(self, wall: Any) -> None:
        super().__init__(wall, wall.theme, wall.text, wall.place.unit, wall.text.say("sequence_list.hint"))
        self.source = self.sequences
        self.chosen = lambda id: wall.do(PlaySequence(wall.place.surface, id))

    def sequences(self) -> list[Row]:
        """Return the sequences by name."""
        text = self.wall.text
        return [
            Row(s.id, s.name, text.say("sequence_list.row", count=len(s.cameras), dwell=f"{s.dwell_s:g}"))
            for s in sorted(self.wall.tiles.plan.sequences.values(), key=lambda s: s.name)
        ]
