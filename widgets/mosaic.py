"""The mosaic: where the tiles of a grid stand, exactly 16:9 and to the pixel."""

from ioc_console.domain.walls import Tile

STEP = 16
"""Widths are multiples of this, so that a height of nine sixteenths is whole."""


class Mosaic:
    """A grid of `side` × `side` cells of 16:9, centred in an area of so many pixels."""

    def __init__(self, width: int, height: int, side: int) -> None:
        widest = min(width // side, height * 16 // (9 * side))
        self.cell_width = max(STEP, widest // STEP * STEP)
        self.cell_height = self.cell_width * 9 // 16
        self.left = (width - self.cell_width * side) // 2
        self.top = (height - self.cell_height * side) // 2
        self.side = side

    def rect(self, column: int, row: int, span: int = 1) -> tuple[int, int, int, int]:
        """Return the left, top, width and height of a tile, in pixels."""
        x, y = self.left + column * self.cell_width, self.top + row * self.cell_height
        return x, y, self.cell_width * span, self.cell_height * span

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the column and row under a point, or None outside the grid."""
        column, row = int((x - self.left) // self.cell_width), int((y - self.top) // self.cell_height)
        return (column, row) if 0 <= column < self.side and 0 <= row < self.side else None


def filled(cameras: list[str], side: int, page: int = 0) -> tuple[Tile, ...]:
    """Return the tiles of one screenful of cameras, row by row."""
    screen = cameras[page * side * side : (page + 1) * side * side]
    return tuple(Tile(camera, at % side, at // side) for at, camera in enumerate(screen))


def moved(tiles: tuple[Tile, ...], camera: str, column: int, row: int) -> tuple[Tile, ...]:
    """Return the tiles with one camera put into a cell; whoever stands there takes its place, or leaves."""
    source = next((tile for tile in tiles if tile.camera == camera), None)
    target = next((tile for tile in tiles if covers(tile, column, row)), None)
    if target and target.camera == camera:
        return tiles
    rest = tuple(tile for tile in tiles if tile not in (source, target))
    if target is None:
        return (*rest, Tile(camera, column, row))
    put = Tile(camera, target.column, target.row, target.span)
    if source is None:
        return (*rest, put)
    return (*rest, put, Tile(target.camera, source.column, source.row, source.span))


def covers(tile: Tile, column: int, row: int) -> bool:
    """Say whether a tile lies over a cell."""
    return tile.column <= column < tile.column + tile.span and tile.row <= row < tile.row + tile.span


def neighbour(tiles: tuple[Tile, ...], camera: str, dx: int, dy: int) -> str:
    """Return the camera next to one in a direction, or the same where there is none."""
    here = next((tile for tile in tiles if tile.camera == camera), None)
    if here is None:
        return tiles[0].camera if tiles else camera
    steps = [(t.column - here.column, t.row - here.row, t) for t in tiles]
    ahead = [(x * dx + y * dy, abs(x * dy) + abs(y * dx), t.camera) for x, y, t in steps if x * dx + y * dy > 0]
    return min(ahead, key=lambda found: found[1] * 3 + found[0])[2] if ahead else camera
