"""The streams of the process: all three there, and quiet once nobody takes what they carry."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO


class Unheard(Exception):
    """Results could not be written; its cause is the `OSError`. Not one: nobody else handles it.

    `code` is what the command came to otherwise.
    """

    code = 0


@contextmanager
def heard() -> Iterator[None]:
    """Whatever is written inside is a result. Raises `Unheard`."""
    try:
        yield
    except OSError as error:
        raise Unheard from error


_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def complete() -> None:
    """Open what the caller closed: else the next file opened gets its number and its output."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(handle, mode, encoding="utf-8"))


def mute(stream: TextIO) -> None:
    """From now on, what is written to `stream` goes nowhere, also what still waits in it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
