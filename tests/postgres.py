"""A throw-away PostgreSQL server on a socket of its own, run by an ordinary user, since it refuses root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

USER = "postgres"
SETTINGS = ("listen_addresses=''", "fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")


def programs() -> Path:
    """Return the folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if not found:
        raise FileNotFoundError("no PostgreSQL server: apt install postgresql")
    return found[-1].parent


class Server:
    """One server with its files in a folder of its own; everything goes with `close`."""

    def __init__(self, *settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ioc-pg-"))
        self.files = self.folder / "files"
        self.settings = settings or SETTINGS
        self.count = 0
        if os.getuid() == 0:
            shutil.chown(self.folder, USER)
        self.call("initdb", "-D", str(self.files), "-U", "ioc", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def call(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs, as an ordinary user."""
        identity = {}
        if os.getuid() == 0:
            user = pwd.getpwnam(USER)
            identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        subprocess.run(
            [str(programs() / program), *arguments],
            check=True, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **identity,
        )  # fmt: skip

    def start(self) -> None:
        """Let the server run, and wait until it answers."""
        options = " ".join(f"-c {setting}" for setting in (*self.settings, f"unix_socket_directories={self.folder}"))
        log = str(self.folder / "log")
        self.call("pg_ctl", "-D", str(self.files), "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        """End the server at once, as a crash would."""
        self.call("pg_ctl", "-D", str(self.files), "-m", "immediate", "-w", "stop")

    def database(self) -> str:
        """Make an empty database and return its URL."""
        self.count += 1
        name = f"ioc_{self.count}"
        with psycopg.connect(host=str(self.folder), user="ioc", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://ioc@/{name}?host={self.folder}"

    def close(self) -> None:
        """End the server and remove its files."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
