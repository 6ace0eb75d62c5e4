"""The Linux kernel's own fence around the reader process: Landlock, through ctypes.

What is refused here is refused to the whole process, also to native code that was taken over.
System call numbers are the same on every architecture. Kernels without Landlock are left alone.
Source: the kernel's own documentation, "Landlock: unprivileged access control".
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_ASK_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38

_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many file rights each version of the interface knows; later ones know no fewer."""
_TCP: Final = 0b11
_SCOPES: Final = 0b11
"""Abstract sockets and signals to processes outside."""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


def give_up_privileges(libc: ctypes.CDLL) -> None:
    """No set-uid program helps from here on, nobody may trace this process, and it never dumps."""
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def restrict(libc: ctypes.CDLL, readable: Sequence[str]) -> bool:
    """Refuse this thread everything but reading `readable`. False where the kernel cannot."""
    version = _call(libc, _CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 1:
        return False
    rules, size = _ruleset(version)
    ruleset = _call(libc, _CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow_reading(libc, ruleset, path)
        return _call(libc, _RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _call(libc: ctypes.CDLL, *arguments: object) -> int:
    return int(libc.syscall(*arguments))


def _ruleset(version: int) -> tuple[_Ruleset, int]:
    """Everything this version can refuse, and how many bytes of the structure it knows."""
    files = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    network = _TCP if version >= 4 else 0
    scopes = _SCOPES if version >= 6 else 0
    return _Ruleset(files, network, scopes), 24 if scopes else 16 if network else 8


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    with suppress(OSError):  # What is not there needs no permission.
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            rights = _READ_FILE | _READ_DIR if folder else _READ_FILE
            rule = _PathBeneath(rights, descriptor)
            _call(libc, _ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(descriptor)
