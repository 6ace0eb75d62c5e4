"""Where a live vault must not lie: folders that a provider syncs, and drives of other computers.

Measured: 20 to 60 % of copies of a database taken while it is written are broken. What can be told
is told from what the providers leave on the disk; a provider that leaves nothing is not seen.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

_CLOUD: Final = "Nextcloud/ownCloud"
"""Both write the same files: one client came from the other."""
_MARKERS: Final = {
    ".stfolder": "Syncthing",
    ".sync.ffs_db": "FreeFileSync",
    ".dropbox.cache": "Dropbox",
    ".dropbox": "Dropbox",
    ".owncloudsync.log": _CLOUD,
    ".nextcloudsync.log": "Nextcloud",
    ".csync_journal.db": _CLOUD,
    ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive",
    ".shortcut-targets-by-id": "Google Drive",
    ".SynologyWorkingDirectory": "Synology Drive",
    ".megaignore": "MEGA",
}
_STARTS: Final = (".sync_", "._sync_")
"""Of the journals (".db") that both clients of that family keep in what they sync."""
_RESILIO: Final = Path(".sync", "ID")
_PARTS: Final = {
    "Mobile Documents": "iCloud Drive",
    "com~apple~CloudDocs": "iCloud Drive",
    "CloudStorage": "",
    "iCloudDrive": "iCloud Drive",
}
_ROOMS: Final = {
    "OneDrive": "OneDrive",
    "GoogleDrive": "Google Drive",
    "Dropbox": "Dropbox",
    "Box": "Box",
}
"""What macOS calls the folders in `Library/CloudStorage`, before a hyphen."""
_NETWORK: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afpfs",
        "webdav",
        "davfs",
        "fuse.sshfs",
        "fuse.davfs",
        "fuse.rclone",
        "fuse.gvfsd-fuse",
        "fuse.s3fs",
        "fuse.onedriver",
        "fuse.google-drive-ocamlfuse",
        "fuse.pcloud",
        "fuse.curlftpfs",
        "fuse.smbnetfs",
        "fuse.glusterfs",
        "fuse.ceph",
        "lustre",
        "beegfs",
        "ncpfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
    }
)


class Place(NamedTuple):
    """Who syncs a folder ("" for a drive of another computer) and the root that is synced."""

    provider: str
    root: Path


def synced(folder: Path) -> Place | None:
    """Who carries `folder`, which need not exist, to other computers; None if nothing says so.

    A link leads there too: on macOS `~/Dropbox` is one.
    """
    place = folder.expanduser().absolute()
    found = _synced(place)
    if found is None:
        with suppress(OSError, RuntimeError):  # a link to itself leads nowhere
            return _synced(place.resolve())
    return found


def _synced(place: Path) -> Place | None:
    for root, provider in _roots():
        if place == root or root in place.parents:
            return Place(provider, root)
    for parent in (place, *place.parents):
        if provider := _marked(parent):
            return Place(provider, parent)
    return _network(place)


def roots() -> list[Place]:
    """Folders on this computer that a provider carries, to be offered."""
    return [Place(provider, root) for root, provider in _roots() if root.is_dir()]


def _roots() -> Iterator[tuple[Path, str]]:
    for name in ("OneDrive", "OneDriveConsumer", "OneDriveCommercial"):
        if value := os.environ.get(name):
            yield Path(value).absolute(), "OneDrive"
    for info in _dropbox_files():
        with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            accounts = msgspec.json.decode(info.read_bytes(), type=dict[str, _Account])
            for account in accounts.values():
                yield Path(account.path).absolute(), "Dropbox"
    home = Path.home()
    with suppress(OSError):  # for work: "OneDrive - Company"
        for path in home.glob("OneDrive - *"):
            yield path, "OneDrive"
    yield home / "Library" / "Mobile Documents", "iCloud Drive"
    with suppress(OSError):
        for path in (home / "Library" / "CloudStorage").iterdir():
            yield path, _ROOMS.get(path.name.partition("-")[0], path.name)
    for name, provider in (
        ("Dropbox", "Dropbox"),
        ("OneDrive", "OneDrive"),
        ("Google Drive", "Google Drive"),
        ("iCloudDrive", "iCloud Drive"),
        ("Nextcloud", "Nextcloud"),
        ("ownCloud", "ownCloud"),
        ("SynologyDrive", "Synology Drive"),
        ("pCloudDrive", "pCloud"),
    ):
        yield home / name, provider


class _Account(msgspec.Struct, frozen=True):
    """What Dropbox writes about itself."""

    path: str


def _dropbox_files() -> Iterator[Path]:
    yield Path.home() / ".dropbox" / "info.json"
    for name in ("APPDATA", "LOCALAPPDATA"):
        if value := os.environ.get(name):
            yield Path(value) / "Dropbox" / "info.json"


def _marked(folder: Path) -> str:
    """The provider whose mark lies in a folder, or in its name; "" for none."""
    if folder.name in _PARTS:
        return _PARTS[folder.name]
    try:
        names = [path.name for path in folder.iterdir()] if _is_listed(folder) else []
    except OSError:
        return ""
    if ".dropbox" in names and folder == Path.home():
        return ""  # where Dropbox keeps its settings
    for name in names:
        if name in _MARKERS:
            return _MARKERS[name]
        if name.startswith(_STARTS) and name.endswith((".db", ".db-wal", ".db-shm")):
            return _CLOUD
    return "Resilio Sync" if ".sync" in names and (folder / _RESILIO).exists() else ""


def _is_listed(folder: Path) -> bool:
    """Whether a mark could lie there and looking is cheap: a big folder is a big file itself."""
    return folder.parent != folder and folder.stat().st_size < 1 << 20


def _network(place: Path) -> Place | None:
    if sys.platform == "win32":
        return _windows_share(place)
    mounted = _mac_mounts() if sys.platform == "darwin" else _linux_mounts()
    return network(place, mounted)


def network(place: Path, mounted: str) -> Place | None:
    """The drive of another computer that holds `place`, by the system's list of what is mounted.

    Lines are those of Linux (`/proc/mounts`) or of macOS (`mount`).
    """
    found: tuple[Path, str] | None = None
    for line in mounted.splitlines():
        if said := _LINUX.match(line) or _MAC.match(line):
            root, kind = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), said[1])), said[2]
            is_around = place == root or root in place.parents
            if is_around and (found is None or len(root.parts) >= len(found[0].parts)):
                found = root, kind
    return Place("", found[0]) if found and found[1] in _NETWORK else None


_MAC: Final = re.compile(r".+? on (/.*) \((\w+)[,)]")
_LINUX: Final = re.compile(r"\S+ (/\S*) (\S+) \S+ \d+ \d+$")
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def _linux_mounts() -> str:
    with suppress(OSError):
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    return ""


def _mac_mounts() -> str:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(["/sbin/mount"], capture_output=True, check=False, timeout=5)
        return done.stdout.decode("utf-8", "replace")
    return ""


def _windows_share(place: Path) -> Place | None:
    if place.drive.startswith("\\\\"):
        return Place("", Path(place.anchor))
    if sys.platform == "win32":
        import ctypes

        if ctypes.windll.kernel32.GetDriveTypeW(place.anchor) == 4:
            return Place("", Path(place.anchor))
    return None
