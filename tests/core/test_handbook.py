"""The handbook's examples are what the program reads."""

import re
from pathlib import Path

import msgspec
import pytest

from ioc_console import config
from ioc_console.config import read_site

HANDBOOK = Path(__file__).parents[2] / "resources" / "handbook"
TABLES = {
    "city": config.City,
    "hub": config.HubSettings,
    "video": config.VideoSettings,
    "cameras[]": config.CameraSource,
    "sequences[]": config.SequenceSource,
}


def fenced(page: str) -> str:
    """Return a page's first TOML example."""
    found = re.search(r"```toml\n(.*?)```", (HANDBOOK / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found.group(1)


def test_the_first_three_cameras_are_read(tmp_path: Path) -> None:
    file = tmp_path / "mysite.toml"
    file.write_text(fenced("site-file.md"), encoding="utf-8")
    site = read_site(file)
    assert [(camera.number, camera.id) for camera in site.cameras] == [(1, "gate"), (2, "yard"), (3, "lobby")]


@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_the_site_file_is_in_the_handbook(table: str) -> None:
    page = (HANDBOOK / "site-file.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in page.splitlines() if line.startswith(f"| `{table}."))
    named = rows.replace(f"`{table}.", "`")
    assert [f.name for f in msgspec.structs.fields(TABLES[table]) if f"`{f.name}`" not in named] == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in HANDBOOK.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
