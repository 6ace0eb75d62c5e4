"""Small, full and read-only disks, where the computer lets the tests mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small(place: Path, size: str = "6m") -> Iterator[Path]:
    """A disk of `size` mounted at the new folder `place`; the test is skipped where none can be."""
    mount = shutil.which("mount")
    if os.name != "posix" or os.geteuid() != 0 or not mount:
        pytest.skip("only the administrator of a POSIX computer can mount a small disk")
    command = [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    with _mounted(place, command):
        yield place


@contextmanager
def _mounted(place: Path, *commands: list[str]) -> Iterator[None]:
    """Run `commands`, the last of which mounts a disk at the new folder `place`."""
    place.mkdir()
    for command in commands:
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("this computer lets nobody mount such a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


@contextmanager
def hollow(place: Path) -> Iterator[Path]:
    """A disk that takes 60 MB and keeps 10: it refuses the rest only when it is really written."""
    maker = shutil.which("mkfs.ext4", path="/sbin:/usr/sbin")
    with small(place.with_name("beneath"), "10m") as beneath:
        image = beneath / "image"
        with image.open("wb") as file:
            file.truncate(60 << 20)
        make = [maker or "false", "-q", "-F", "-O", "^has_journal", str(image)]
        mount = ["mount", "-o", "loop", str(image), str(place)]
        with _mounted(place, make, mount):
            yield place


def make_read_only(disk: Path) -> None:
    """From now on nothing can be written to a disk that `small` made."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def pull_out(disk: Path) -> None:
    """Take the disk away as if its cable was pulled: its folder is empty from now on."""
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room; returns the file to remove for having room again."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return ballast
