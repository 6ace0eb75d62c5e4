"""The program keeps the rules of `rules.py`, and each rule notices when it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.rules import EXCEPTIONS, RULES, check, check_tree
from tests.places import ROOT

PLANTED: dict[str, list[tuple[str, str]]] = {
    "only net opens sockets": [
        ("app/services/x.py", "from importlib import import_module\nimport_module('socket')\n"),
        ("app/services/x.py", "import importlib as i\ni.import_module('ssl')\n"),
        ("app/vault/x.py", "__import__('socket')\n"),
        ("app/vault/x.py", "getattr(__builtins__, '__import__')('socket')\n"),
        ("app/share/x.py", "import _socket as plain\n"),
        ("app/share/x.py", "from _ssl import *\n"),
        ("app/gui/x.py", "from PySide6 import *\n"),
        ("app/cli/x.py", "from urllib import *\n"),
        ("app/services/x.py", "import socket\n"),
        ("app/gui/x.py", "from PySide6.QtNetwork import QTcpSocket\n"),
        ("connectors/x.py", "def f():\n    from urllib.request import urlopen\n"),
    ],
    "only the vault sees the database": [
        ("app/share/x.py", "__import__('sqlite3')\n"),
        ("app/share/x.py", "import _sqlite3\n"),
        ("app/catalogue/x.py", "import sqlite3 as plain\n"),
        ("app/share/x.py", "from sqlcipher3 import dbapi2\n"),
    ],
    "only the vault speaks SQL": [
        ("app/catalogue/x.py", "QUERY = 'SELECT key FROM records'\n"),
        ("app/services/x.py", "def f(t, n):\n    t.execute(f'DELETE FROM {n} WHERE 1')\n"),
    ],
    "only the vault and the seal see PyNaCl": [
        ("app/share/bundle.py", "from nacl.public import Box\n"),
        ("app/services/x.py", "import nacl.signing\n"),
    ],
    "only the encrypted stream sees OpenSSL": [
        ("app/share/seal.py", "from cryptography.hazmat.primitives.ciphers import Cipher\n"),
        ("app/share/opening.py", "def f():\n    import cryptography\n"),
        ("app/vault/keys.py", "import cryptography.exceptions\n"),
    ],
    "only the vault sees the keyring": [("app/gui/x.py", "import keyring\n")],
    "only gui sees Qt": [
        ("app/cli/x.py", "from PySide6 import *\n"),
        ("app/jobs.py", "import PySide6 as q\nq.QtCore\n"),
        ("app/jobs.py", "from PySide6.QtCore import QThread\n"),
    ],
    "view-models see no widgets": [
        ("app/gui/viewmodels/x.py", "from PySide6 import *\n"),
        (
            "app/gui/viewmodels/x.py",
            "import importlib\nimportlib.import_module('PySide6.QtWidgets')\n",
        ),
        ("app/gui/viewmodels/x.py", "from PySide6 import QtWidgets\n"),
        ("app/gui/viewmodels/x.py", "from app.gui.views.home import HomeView\n"),
    ],
    "only the guarded reader parses XML": [
        ("connectors/x.py", "import xml.etree.ElementTree as ET\n")
    ],
    "connectors open archives through the guards": [("connectors/x.py", "import zipfile\n")],
    "connectors read JSON through the guards": [
        ("connectors/x.py", "from json import loads as read\nread('')\n"),
        ("connectors/x.py", "import json as j\nj.load(f)\n"),
        ("connectors/x.py", "import json\ndef f(data):\n    return json.loads(data)\n"),
    ],
    "connectors start nothing": [("connectors/x.py", "from subprocess import run\n")],
    "data is never loaded as objects": [
        ("app/intake/x.py", "from multiprocessing.connection import Client\n"),
        ("app/intake/x.py", "import _pickle\n"),
        (
            "app/intake/x.py",
            "from importlib import import_module as load\nload('x')\n__import__('pickle')\n",
        ),
        ("connectors/worker.py", "import pickle\n"),
        ("app/intake/x.py", "from multiprocessing import Pipe\n"),
    ],
    "text is never run": [
        ("app/cli/x.py", "exec('1')\n"),
        ("app/cli/x.py", "run = eval\n"),
        ("app/cli/x.py", "map(eval, x)\n"),
        ("app/cli/x.py", "import builtins\nbuiltins.eval('1')\n"),
        ("app/cli/x.py", "import builtins as b\ngetattr(b, 'exec')('1')\n"),
        ("app/cli/x.py", "from builtins import eval as judge\njudge('1')\n"),
        ("app/cli/x.py", "compile('1', '', 'eval')\n"),
        ("app/cli/x.py", "def f(text):\n    return eval(text)\n"),
        ("connectors/x.py", "import yaml\ndef f(text):\n    return yaml.load(text)\n"),
    ],
    "only the spawner starts programs": [
        ("app/services/x.py", "import subprocess as s\n"),
        ("app/gui/x.py", "from PySide6.QtCore import QProcess\n"),
        ("app/services/x.py", "import os\nos.system('ls')\n"),
        ("app/services/x.py", "from os import system as run\n"),
        ("app/services/x.py", "import os as o\no.popen('ls')\n"),
        ("app/services/x.py", "import os\nalso = os\nalso.execv('ls', [])\n"),
        ("app/services/x.py", "import os\ngetattr(os, 'posix_spawn')\n"),
        ("app/services/x.py", "import _posixsubprocess\n"),
    ],
    "only fences and disks ask the system directly": [
        ("app/services/x.py", "import ctypes\n"),
        ("app/gui/x.py", "from ctypes import CDLL\n"),
        ("connectors/x.py", "import _ctypes\n"),
    ],
    "imports are written as imports": [
        ("app/services/x.py", "from importlib import import_module\n"),
        ("app/services/x.py", "import importlib as i\ni.import_module(name)\n"),
        ("app/services/x.py", "import sys\nsys.modules['socket']\n"),
        ("app/services/x.py", "from sys import modules as m\nm.get('socket')\n"),
        ("app/services/x.py", "import builtins\ngetattr(builtins, '__import__')\n"),
        ("app/services/x.py", "f = __import__\n"),
        ("app/services/x.py", "__builtins__['__import__']\n"),
        ("app/services/x.py", "def f(g):\n    return g.__globals__\n"),
        ("app/services/x.py", "from os import *\n"),
        ("app/services/x.py", "import runpy\n"),
    ],
    "no shell": [("app/intake/x.py", "def f(run, name):\n    run(name, shell=True)\n")],
    "archives are never unpacked to disk": [
        ("connectors/toolkit/x.py", "def f(archive):\n    archive.extractall('.')\n")
    ],
    "scripts would commit the open transaction": [
        ("app/vault/x.py", "def f(c, text):\n    c.executescript(text)\n")
    ],
    "events are never pumped by hand": [("app/gui/x.py", "def f(app):\n    app.processEvents()\n")],
    "amounts are never floats": [("connectors/x.py", "def f(text):\n    return float(text)\n")],
    "signals are connected to bound methods": [
        ("app/gui/x.py", "def f(self):\n    self.b.clicked.connect(lambda: self.go())\n")
    ],
    "no broad except": [
        ("app/cli/x.py", "try:\n    f()\nexcept:\n    pass\n"),
        ("app/cli/x.py", "try:\n    f()\nexcept (ValueError, Exception) as e:\n    print(e)\n"),
        ("app/cli/x.py", "import contextlib\nwith contextlib.suppress(Exception):\n    f()\n"),
    ],
    "only the command line prints": [("app/vault/x.py", "print('opened')\n")],
    "every sentence is translated": [
        ("app/gui/x.py", "def f(w):\n    w.setText('Import finished')\n"),
        ("app/gui/x.py", "def f(QLabel, n):\n    return QLabel(f'{n} records')\n"),
        ("app/cli/x.py", "def f(p):\n    p.add_argument('--to', help='who gets it')\n"),
        ("app/cli/x.py", "print('Done.')\n"),
    ],
}

KEPT: list[tuple[str, str]] = [
    ("app/net/x.py", "import _socket\n"),
    ("app/share/secretstream.py", "import nacl\nimport cryptography\n"),
    ("app/intake/spawn.py", "import subprocess\nsubprocess.Popen([])\n"),
    ("app/cli/x.py", "import re, os\nre.compile('a')\nos.path.join('a')\n"),
    ("app/gui/x.py", "def f(dialog):\n    dialog.exec()\n"),
    ("app/net/x.py", "import socket, requests\n"),
    ("app/vault/x.py", "import sqlcipher3\nQ = 'SELECT a FROM b'\n"),
    ("app/share/x.py", '"""Not a query: SELECT x FROM y is only spoken in the vault."""\n'),
    ("app/vault/x.py", "try:\n    f()\nexcept BaseException:\n    undo()\n    raise\n"),
    ("app/gui/x.py", "def f(w, tr):\n    w.setText(tr('Import finished'))\n    w.setText('—')\n"),
    ("app/gui/x.py", "def f(self):\n    self.b.clicked.connect(self.go)\n"),
    ("app/cli/x.py", "def f(tr):\n    print(tr('Done.'))\n"),
    ("connectors/x.py", "import json\ndef f(data):\n    return json.dumps(data)\n"),
]


def test_the_program_keeps_every_rule() -> None:
    broken = check_tree(ROOT)
    assert not broken, "\n".join(f"{v.path}:{v.line}: {v.rule}: {v.detail}" for v in broken)


def test_every_rule_has_a_planted_violation() -> None:
    assert set(PLANTED) == set(RULES)


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [(rule, path, source) for rule, planted in PLANTED.items() for path, source in planted],
)
def test_a_planted_violation_is_noticed(rule: str, path: str, source: str) -> None:
    assert rule in {violation.rule for violation in check(path, source)}


@pytest.mark.parametrize(("path", "source"), KEPT)
def test_what_is_allowed_is_left_alone(path: str, source: str) -> None:
    assert check(path, source) == []


def test_a_violation_planted_in_the_tree_is_found_where_it_is(tmp_path: Path) -> None:
    planted = tmp_path / "app" / "share" / "peek.py"
    planted.parent.mkdir(parents=True)
    planted.write_text("QUERY = 'SELECT key FROM records'\n", encoding="utf-8")
    (found,) = check_tree(tmp_path)
    assert (found.path, found.line) == ("app/share/peek.py", 1)


def test_exceptions_name_a_rule_a_file_and_a_reason() -> None:
    for (rule, path), reason in EXCEPTIONS.items():
        assert rule in RULES
        assert (ROOT / path).is_file()
        assert len(reason) > 20
