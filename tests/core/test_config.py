"""The site file: what is wrong in it is named with file and key, and secrets come from where it says."""

from pathlib import Path

import pytest

from ioc_console.config import Site, claim, paths_of, read_site, secret
from ioc_console.model import Refused
from ioc_console.words import LANGUAGES, Catalogue

ROOT = Path(__file__).resolve().parents[2]
HEAD = 'schema = 1\nid = "vinh"\n[city]\nname = "Vinh"\n'
CAMERA = '[[cameras]]\nid = "c1"\nnumber = 1\nname = "One"\nsub = "rtsp://10.0.0.1/sub"\n'
SECOND = CAMERA.replace("c1", "c2").replace("= 1", "= 2")
SEQUENCE = '[[sequences]]\nid = "round"\nname = "Round"\ncameras = ["c1"]\n'


def changed(text: str, before: str, after: str) -> str:
    assert before in text
    return text.replace(before, after, 1)


BAD = {
    "no schema": (changed(HEAD, "schema = 1\n", ""), "config.wrong", "."),
    "another schema": (changed(HEAD, "schema = 1", "schema = 2"), "config.wrong", "schema"),
    "a key that is not known": (HEAD + "colour = 'red'\n", "config.wrong", "city"),
    "a table that is not known": (HEAD + "[radar]\n", "config.wrong", "."),
    "a site id with capitals": (changed(HEAD, '"vinh"', '"Vinh"'), "config.wrong", "id"),
    "another language": (HEAD + "language = 'fr'\n", "config.wrong", "city.language"),
    "a listener on the network": (HEAD + "[hub]\nhost = '0.0.0.0'\n", "config.no_tls", "hub.host"),
    "a password in the store's address": (
        HEAD + "[hub]\nstore = 'postgresql://ioc:hunter2@db/ioc'\n", "config.password_in_store", "hub.store",
    ),
    "a joined hub without TLS": (
        HEAD + "[hub.join]\nurl = 'ws://hub/link'\nname = 'a'\ntokens = {}\n", "config.wrong", "hub.join.url",
    ),
    "a port out of range": (HEAD + "[hub]\nport = 65536\n", "config.wrong", "hub.port"),
    "a timeout too short": (HEAD + "[video]\ntimeout_s = 0.1\n", "config.wrong", "video.timeout_s"),
    "a camera number as text": (HEAD + changed(CAMERA, "= 1", "= '1'"), "config.wrong", "cameras[0].number"),
    "a camera number of 0": (HEAD + CAMERA + changed(SECOND, "= 2", "= 0"), "config.wrong", "cameras[1].number"),
    "a camera id that leaves its folder": (HEAD + changed(CAMERA, '"c1"', '"../c1"'), "config.wrong", "cameras[0].id"),
    "an address of no stream": (HEAD + changed(CAMERA, "rtsp://", "gopher://"), "config.wrong", "cameras[0].sub"),
    "a camera without a name": (HEAD + changed(CAMERA, '"One"', '""'), "config.wrong", "cameras[0].name"),
    "a latitude off the globe": (HEAD + CAMERA + "lat = 91.0\n", "config.wrong", "cameras[0].lat"),
    "credentials in the file": (HEAD + CAMERA + "credentials = 'u:p'\n", "config.wrong", "cameras[0].credentials"),
    "a password in the address": (
        HEAD + changed(CAMERA, "//10", "//u:p@10"), "config.password_in_url", "cameras[0]",
    ),
    "a password in the main address": (
        HEAD + CAMERA + "main = 'rtsp://u:p@10.0.0.1/main'\n", "config.password_in_url", "cameras[0]",
    ),
    "a camera id twice": (HEAD + CAMERA + changed(SECOND, "c2", "c1"), "config.twice", "cameras[1].id"),
    "a camera number twice": (HEAD + CAMERA + changed(SECOND, "= 2", "= 1"), "config.twice", "cameras[1].number"),
    "a sequence id twice": (HEAD + CAMERA + SEQUENCE + SEQUENCE, "config.twice", "sequences[1].id"),
    "a sequence of nothing": (
        HEAD + CAMERA + changed(SEQUENCE, '["c1"]', "[]"), "config.wrong", "sequences[0].cameras",
    ),
    "a sequence of unknown cameras": (
        HEAD + CAMERA + changed(SEQUENCE, '["c1"]', '["c1", "c7"]'), "config.unknown_camera", "sequences[0].cameras",
    ),
    "a dwell too short": (HEAD + CAMERA + SEQUENCE + "dwell_s = 0.5\n", "config.wrong", "sequences[0].dwell_s"),
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "site.toml"


@pytest.mark.parametrize(("text", "code", "key"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_named(file: Path, text: str, code: str, key: str):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as caught:
        read_site(file)
    assert (caught.value.code, caught.value.facts["file"], caught.value.facts["key"]) == (code, str(file), key)
    for language in LANGUAGES:
        told = Catalogue.load(language).tell(caught.value)
        assert str(file) in told
        assert key in told
        assert "u:p@" not in told


@pytest.mark.parametrize(
    ("data", "code"),
    [(None, "config.unreadable"), (b"\xff\xfe", "config.not_utf8"), (b"id = ", "config.not_toml")],
    ids=["absent", "not-utf8", "not-toml"],
)
def test_a_file_that_cannot_be_read_is_named(file: Path, data: bytes | None, code: str):
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(Refused) as caught:
        read_site(file)
    assert caught.value.code == code
    assert str(file) in Catalogue.load("en").tell(caught.value)


def test_a_whole_site_is_read(file: Path):
    file.write_text(HEAD + CAMERA + "main = 'rtsp://10.0.0.1/main'\n" + SECOND + SEQUENCE, encoding="utf-8")
    site = read_site(file)
    assert [camera.id for camera in site.cameras] == ["c1", "c2"]
    assert [camera.entity().streams for camera in site.cameras] == [("sub", "main"), ("sub",)]
    assert site.sequences[0].entity().cameras == ("c1",)
    assert "10.0.0.1" not in repr([camera.entity() for camera in site.cameras])


@pytest.mark.parametrize("file", sorted((ROOT / "resources" / "sites").glob("*.toml")), ids=lambda path: path.stem)
def test_the_sites_that_come_along_are_right(file: Path):
    assert isinstance(read_site(file), Site)


def test_secrets_come_by_environment_and_by_file(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IOC_TRIAL", "viewer:a:b c")
    (file.parent / "keys").write_text("viewer:mật khẩu\n", encoding="utf-8")
    assert secret(None, file) is None
    assert secret("env:IOC_TRIAL", file) == ("viewer", "a:b c")
    assert secret("file:keys", file) == ("viewer", "mật khẩu")
    assert secret(f"file:{file.parent / 'keys'}", file) == ("viewer", "mật khẩu")


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("env:IOC_ABSENT", "config.secret_unreachable"),
        ("file:absent", "config.secret_unreachable"),
        ("file:.", "config.secret_unreachable"),
        ("file:binary", "config.secret_malformed"),
        ("file:bare", "config.secret_malformed"),
        ("env:IOC_BARE", "config.secret_malformed"),
    ],
)
def test_a_secret_out_of_reach_is_named_and_not_shown(
    file: Path, monkeypatch: pytest.MonkeyPatch, reference: str, code: str
):
    monkeypatch.setenv("IOC_BARE", "hunter2")
    (file.parent / "bare").write_text("hunter2", encoding="utf-8")
    (file.parent / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refused) as caught:
        secret(reference, file)
    assert caught.value.code == code
    assert "hunter2" not in str(caught.value)


def test_a_sites_folders_stand_under_its_home(home: Path):
    paths = paths_of("vinh")
    assert {paths.data, paths.log, paths.runtime} == {home / "vinh" / name for name in ("data", "log", "run")}
    assert paths.rings == home.parent / "rings"


def test_what_lives_only_while_the_site_runs_stands_in_the_sessions_folder_or_beside_the_rings(monkeypatch):
    monkeypatch.delenv("IOC_HOME", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert paths_of("vinh").runtime == Path("/run/user/7/ioc-console/vinh")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    paths = paths_of("vinh")
    assert paths.rings.parent in paths.runtime.parents


def test_a_folder_is_ours_alone_or_refused(tmp_path: Path, monkeypatch):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True, mode=0o755)
    claim(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    link = tmp_path / "link"
    link.symlink_to(folder)
    file = tmp_path / "file"
    file.touch()
    for wrong, code in ((link, "config.folder_not_ours"), (file, "config.folder_unusable")):
        with pytest.raises(Refused) as caught:
            claim(wrong)
        assert caught.value.code == code
    monkeypatch.setattr("os.getuid", lambda: 4_242)
    with pytest.raises(Refused, match="folder_not_ours"):
        claim(folder)
