"""Where providers keep what they sync, as real folders; no live vault may lie there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.errors import EnvironmentFailure
from app.services import cloud
from app.vault.sync import placement


@pytest.mark.parametrize(
    ("made", "provider"),
    [
        ("Dropbox", "Dropbox"),
        ("OneDrive", "OneDrive"),
        ("OneDrive - Company", "OneDrive"),
        ("Google Drive", "Google Drive"),
        ("iCloudDrive", "iCloud Drive"),
        ("Library/Mobile Documents/com~apple~CloudDocs", "iCloud Drive"),
        ("Library/CloudStorage/GoogleDrive-a@example.org", "Google Drive"),
        ("Library/CloudStorage/OneDrive-Personal", "OneDrive"),
        ("Library/CloudStorage/Dropbox", "Dropbox"),
        ("Library/CloudStorage/Box-Box", "Box"),
        ("Nextcloud", "Nextcloud"),
        ("SynologyDrive", "Synology Drive"),
    ],
)
def test_folders_of_providers_are_known(made: str, provider: str, own_home: Path) -> None:
    (own_home / made).mkdir(parents=True)
    found = placement.synced(own_home / made / "deep" / "vault")
    assert found
    assert found.provider == provider
    assert placement.synced(own_home / "Documents" / "vault") is None
    assert any(place.provider == provider for place in placement.roots())


@pytest.mark.parametrize(
    ("mark", "provider"),
    [
        (".stfolder/", "Syncthing"),
        (".sync.ffs_db", "FreeFileSync"),
        (".dropbox.cache/", "Dropbox"),
        (".dropbox", "Dropbox"),
        (".sync_c6217acc34d7.db", "Nextcloud/ownCloud"),
        ("._sync_c6217acc34d7.db-wal", "Nextcloud/ownCloud"),
        (".owncloudsync.log", "Nextcloud/ownCloud"),
        (".csync_journal.db", "Nextcloud/ownCloud"),
        (".nextcloudsync.log", "Nextcloud"),
        (".tmp.driveupload/", "Google Drive"),
        (".shortcut-targets-by-id/", "Google Drive"),
        (".SynologyWorkingDirectory/", "Synology Drive"),
        (".megaignore", "MEGA"),
        (".sync/ID", "Resilio Sync"),
    ],
)
def test_marks_in_a_folder_are_known(mark: str, provider: str, tmp_path: Path) -> None:
    path = tmp_path / "shared" / mark
    path.parent.mkdir(parents=True)
    if mark.endswith("/"):
        path.mkdir()
    else:
        path.write_bytes(b"")
    found = placement.synced(tmp_path / "shared" / "deep" / "vault")
    assert found
    assert (found.provider, found.root) == (provider, tmp_path / "shared")
    with pytest.raises(EnvironmentFailure) as refused:
        cloud.check_place(tmp_path / "shared" / "vault")
    assert refused.value.code == "vault-in-cloud"


@pytest.mark.parametrize("name", [".sync_notes.txt", ".sync", "dropbox", "Syncthing", ".stignore"])
def test_what_only_looks_alike_is_no_mark(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder" / name).mkdir(parents=True)
    assert placement.synced(tmp_path / "folder" / "vault") is None


def test_a_link_to_a_synced_folder_leads_there(own_home: Path, tmp_path: Path) -> None:
    (tmp_path / "real" / ".stfolder").mkdir(parents=True)
    link = own_home / "elsewhere"
    link.symlink_to(tmp_path / "real")
    found = placement.synced(link / "vault")
    assert found
    assert found.provider == "Syncthing"
    link.unlink()
    link.symlink_to(link)
    assert placement.synced(link / "vault") is None


def test_dropbox_says_itself_where_it_is(own_home: Path, tmp_path: Path) -> None:
    (own_home / ".dropbox").mkdir()
    path = tmp_path / "my things"
    text = json.dumps({"personal": {"path": str(path), "host": 1}})
    (own_home / ".dropbox" / "info.json").write_text(text)
    found = placement.synced(path / "vault")
    assert found
    assert (found.provider, found.root) == ("Dropbox", path)
    assert placement.synced(own_home / "Documents") is None  # where it keeps its settings
    for broken in ("", "[]", '{"personal": 1}', '{"personal": {}}'):
        (own_home / ".dropbox" / "info.json").write_text(broken)
        assert placement.synced(path / "vault") is None


@pytest.mark.parametrize("name", ["OneDrive", "OneDriveConsumer", "OneDriveCommercial"])
def test_onedrive_says_itself_where_it_is(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    found = placement.synced(tmp_path / "elsewhere" / "vault")
    assert found
    assert found.provider == "OneDrive"


LINUX = """\
/dev/sda2 / ext4 rw,relatime 0 0
server:/export /data/a nfs4 rw,addr=192.0.2.1 0 0
/dev/sdb1 /data/a/my\\040disk ext4 rw 0 0
//nas/share /net/na\\040s cifs rw,vers=3.0 0 0
portal /run/user/1000/doc fuse.portal rw 0 0
remote: /net/drive fuse.rclone rw 0 0
"""
MAC = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//me@nas._smb._tcp.local/share on /Volumes/my share (smbfs, nodev, nosuid, mounted by me)
/dev/disk5s1 on /Volumes/stick (1) (msdos, local, nodev)
"""


@pytest.mark.parametrize(
    ("mounted", "place", "root"),
    [
        (LINUX, "/data/a/vault", "/data/a"),
        (LINUX, "/data/a", "/data/a"),
        (LINUX, "/data/ab/vault", ""),
        (LINUX, "/data/a/my disk/vault", ""),
        (LINUX, "/net/na s/x", "/net/na s"),
        (LINUX, "/net/drive/x", "/net/drive"),
        (LINUX, "/run/user/1000/doc/x", ""),
        (MAC, "/Volumes/my share/vault", "/Volumes/my share"),
        (MAC, "/Volumes/stick (1)/vault", ""),
        (MAC, "/Volumes/x/vault", ""),
        ("rubbish\n\n on (", "/x", ""),
    ],
)
def test_drives_of_other_computers_are_known(mounted: str, place: str, root: str) -> None:
    found = placement.network(Path(place), mounted)
    assert found == (placement.Place("", Path(root)) if root else None)


def test_this_computers_own_disk_is_a_place(tmp_path: Path) -> None:
    cloud.check_place(tmp_path / "vault")
