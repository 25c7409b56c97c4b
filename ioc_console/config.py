"""The site file as typed structs, the paths that a site uses, and errors that name file, key and value."""

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import platformdirs

from ioc_console.domain.cameras import SUB, Camera, CameraId, Name
from ioc_console.domain.walls import Sequence
from ioc_console.model import Refused

T = TypeVar("T")
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
StreamUrl = Annotated[str, msgspec.Meta(pattern=r"^(rtsps?|https?|file)://", max_length=500)]
SecretRef = Annotated[str, msgspec.Meta(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]


class City(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The city that the site serves; `banner` stands on every screen where it is not empty."""

    name: Name
    banner: Annotated[str, msgspec.Meta(max_length=60)] = ""
    language: Literal["vi", "en"] = "vi"
    timezone: str = "Asia/Ho_Chi_Minh"
    lat: float = 0.0
    lon: float = 0.0


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The hub of another machine: its address, who signed its certificate, and the tokens to come in by.

    Each token stands under the guest's name: `display` for the screens, which are called `name/...` at the hub,
    else a plugin's (`video`, `keeper`, ...).
    """

    url: Annotated[str, msgspec.Meta(pattern=r"^wss://[^/@]+(:[0-9]+)?/link$", max_length=200)]
    name: Slug
    tokens: dict[Slug, SecretRef]
    authority: str = ""


class HubSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the hub listens, and where it keeps its store.

    `host` is an address, or `unix` for a socket's file; port 0 lets the system choose. Beyond this machine it
    listens only with TLS, by `certificate` and `private_key` (files, relative to the site file). `join` names a
    hub on another machine: then this one runs none. `store` is `sqlite:///FILE` or `postgresql://...`; a password
    stands in libpq's file (`~/.pgpass`), never here.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    certificate: str = ""
    private_key: str = ""
    store: str = ""
    join: Join | None = None


class VideoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How streams are taken and decoded, where a camera says nothing else."""

    transport: Literal["tcp", "udp"] = "tcp"
    hardware: Literal["none", "vaapi", "cuda"] = "none"
    cameras_per_process: Annotated[int, msgspec.Meta(ge=1, le=64)] = 16
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 4.0


class CameraSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera of the site file: its entry in the city's list, and its addresses, which stay on this machine.

    `credentials` refer to `name:password` in an environment variable (`env:NAME`) or a file (`file:PATH`,
    relative to the site file). `sessions` is how many connections the camera admits at once; 0 for any number.
    """

    id: CameraId
    number: Annotated[int, msgspec.Meta(ge=1, le=99_999)]
    name: Name
    sub: StreamUrl
    main: StreamUrl | None = None
    credentials: SecretRef | None = None
    transport: Literal["tcp", "udp"] | None = None
    sessions: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    bearing_deg: Annotated[float, msgspec.Meta(ge=0, lt=360)] = 0.0
    view_deg: Annotated[float, msgspec.Meta(ge=0, le=360)] = 0.0
    ward: str = ""
    tags: tuple[str, ...] = ()

    def entity(self) -> Camera:
        """Return the camera's entry in the city's list, without its addresses."""
        return Camera(
            id=self.id, number=self.number, name=self.name, ward=self.ward, tags=self.tags, lat=self.lat,
            lon=self.lon, bearing_deg=self.bearing_deg, view_deg=self.view_deg,
            streams=(SUB, "main") if self.main else (SUB,),
        )  # fmt: skip


class SequenceSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sequence of the site file: a named list of cameras shown in turn."""

    id: Slug
    name: Name
    cameras: Annotated[tuple[CameraId, ...], msgspec.Meta(min_length=1, max_length=200)]
    dwell_s: Annotated[float, msgspec.Meta(ge=2, le=3_600)] = 8.0

    def entity(self) -> Sequence:
        """Return the sequence as the hub holds it."""
        return Sequence(id=self.id, name=self.name, cameras=self.cameras, dwell_s=self.dwell_s)


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole site file; `plugins` names the sources to run, each with its own settings.

    `roles` is the site's own file of roles, relative to this one; without it, those that the console comes with.
    """

    schema: Literal[1]
    id: Slug
    city: City
    hub: HubSettings = HubSettings()
    video: VideoSettings = VideoSettings()
    cameras: tuple[CameraSource, ...] = ()
    sequences: tuple[SequenceSource, ...] = ()
    plugins: dict[Slug, dict[str, Any]] = {}
    roles: str = ""


class Paths(msgspec.Struct, frozen=True):
    """Where one site keeps its data, its cache, its logs and what lives only while it runs."""

    data: Path
    cache: Path
    log: Path
    runtime: Path
    rings: Path
    own: tuple[Path, ...] = ()
    """What nobody else may reach, the outermost first."""


def paths_of(site: str) -> Paths:
    """Return a site's folders; `IOC_HOME` puts all but the rings under one folder, for trials and tests.

    Without a runtime folder of the session's (`XDG_RUNTIME_DIR`), what lives only while the site runs stands
    beside the rings, which a restart of the machine clears too.
    """
    home = os.environ.get("IOC_HOME")
    dirs = platformdirs.PlatformDirs("ioc-console", appauthor=False)
    memory = Path("/dev/shm") / f"ioc-{os.getuid()}"
    rings = memory / site
    if home:
        root = Path(home) / site
        rings = Path(os.environ.get("IOC_RINGS", rings))
        run = root / "run"
        return Paths(root / "data", Path(home) / "cache", root / "log", run, rings, (rings, run))
    run = Path(os.environ.get("XDG_RUNTIME_DIR", memory / ".run")) / "ioc-console" / site
    return Paths(
        data=dirs.user_data_path / site,
        cache=dirs.user_cache_path,
        log=dirs.user_log_path / site,
        runtime=run,
        rings=rings,
        own=(memory, rings, run),
    )


def claim(folder: Path) -> None:
    """Make a folder that is this user's alone; raises `Refused` where somebody else's, or a link, stands there."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.lstat()
    except OSError as error:
        raise Refused("config.folder_unusable", folder=str(folder), reason=error.strerror or str(error)) from error
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise Refused("config.folder_not_ours", folder=str(folder))
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def read_site(file: Path) -> Site:
    """Read and check a site file; raises `Refused` with a `config.*` code that names file, key and remedy."""
    site = read_toml(file, Site)
    refuse_twins(file, "cameras", "id", [c.id for c in site.cameras])
    refuse_twins(file, "cameras", "number", [c.number for c in site.cameras])
    refuse_twins(file, "sequences", "id", [s.id for s in site.sequences])
    check_hub(file, site.hub)
    ids = {c.id for c in site.cameras}
    for at, sequence in enumerate(site.sequences):
        for camera in sequence.cameras:
            if camera not in ids:
                raise Refused("config.unknown_camera", file=str(file), key=f"sequences[{at}].cameras", found=camera)
    for at, source in enumerate(site.cameras):
        if re.match(r"^[a-z]+://[^/]*@", source.sub) or re.match(r"^[a-z]+://[^/]*@", source.main or ""):
            raise Refused("config.password_in_url", file=str(file), key=f"cameras[{at}]", camera=source.id)
    return site


def check_hub(file: Path, hub: HubSettings) -> None:
    """Raise `Refused` where the hub would listen beyond this machine without TLS, or a password stands in the file."""
    if hub.host not in ("127.0.0.1", "::1", "unix") and not (hub.certificate and hub.private_key):
        raise Refused("config.no_tls", file=str(file), key="hub.host", found=hub.host)
    if re.match(r"^[a-z+]+://[^/@]*:[^/@]*@", hub.store):
        raise Refused("config.password_in_store", file=str(file), key="hub.store")


def read_toml(file: Path, shape: type[T]) -> T:
    """Read a TOML file into a struct; raises `Refused` naming the line or key, what was found and what is allowed."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused("config.unreadable", file=str(file), reason=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise Refused("config.not_utf8", file=str(file), byte=error.start) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused("config.not_toml", file=str(file), reason=str(error)) from error
    return convert(raw, shape, file)


def convert(raw: Any, shape: type[T], file: Path) -> T:
    """Turn parsed TOML into a struct; raises `Refused` naming the key, what was found and what is allowed."""
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        path = where.strip("`").removeprefix("$").removeprefix(".") or "."
        raise Refused("config.wrong", file=str(file), key=path, reason=what, found=found_at(raw, path)) from error


def found_at(raw: Any, path: str) -> str:
    """Return what stands in parsed TOML at a path such as `cameras[3].number`, shortened; empty where unknown."""
    for step in re.findall(r"[^.\[\]]+", path):
        try:
            raw = raw[int(step)] if isinstance(raw, list) else raw[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return ""
    return "" if isinstance(raw, dict) else repr(raw)[:80]


def refuse_twins(file: Path, table: str, key: str, values: list[Any]) -> None:
    """Raise `Refused` where a value that must be unique stands twice."""
    for at, value in enumerate(values):
        if value in values[:at]:
            first = values.index(value)
            raise Refused("config.twice", file=str(file), key=f"{table}[{at}].{key}", found=value, first=first)


def bearer(reference: str, site_file: Path) -> str:
    """Return a token for a reference to it; raises `Refused` where it cannot be reached."""
    return reached(reference, site_file)


def reached(reference: str, site_file: Path) -> str:
    """Return what an environment variable or a file holds; raises `Refused` where it cannot be reached."""
    scheme, _, place = reference.partition(":")
    try:
        return (
            os.environ[place] if scheme == "env" else (site_file.parent / place).read_text("utf-8", "replace").strip()
        )
    except (KeyError, OSError) as error:
        raise Refused("config.secret_unreachable", file=str(site_file), reference=reference) from error


def secret(reference: str | None, site_file: Path) -> tuple[str, str] | None:
    """Return (name, password) for a reference to credentials; raises `Refused` where it cannot be reached."""
    if reference is None:
        return None
    value = reached(reference, site_file)
    name, colon, password = value.partition(":")
    if not colon:
        raise Refused("config.secret_malformed", file=str(site_file), reference=reference)
    return name, password
