"""Each fence by itself, in a process of its own: the limits, the hook, and the kernel's fence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has this fence")
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX has these limits")

PRELUDE = """
import json, os, resource, signal, socket, sys
from pathlib import Path
from connectors import confinement
inside, outside = Path(sys.argv[1]), Path(sys.argv[2])

def outcome(act, *arguments):
    try:
        act(*arguments)
    except OSError as error:
        return type(error).__name__
    return "done"

def tell(**facts):
    print(json.dumps(facts))
"""


def run(script: str, folder: Path) -> Any:
    """What a process tells that runs `script` between a folder `inside` and one `outside`."""
    for name in ("inside", "outside"):
        folder.joinpath(name).mkdir()
        folder.joinpath(name, "file").write_text(name)
    told = subprocess.run(
        [sys.executable, "-I", "-B", "-c", PRELUDE + script, folder / "inside", folder / "outside"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(told.stdout)


@posix
def test_limits_are_set_for_good(tmp_path: Path) -> None:
    told = run(
        """
confinement.limit(1 << 30, 60)
names = "CORE FSIZE NOFILE NPROC AS CPU".split()
limits = {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names}
ignored = [name for name in ("SIGXFSZ", "SIGPIPE")
           if signal.getsignal(getattr(signal, name)) != signal.SIG_DFL]
tell(limits=limits, ignored=ignored)
""",
        tmp_path,
    )
    assert told["limits"]["FSIZE"] == [0, 0]
    assert told["limits"]["CORE"] == [0, 0]
    assert told["limits"]["NPROC"] == [0, 0]
    assert told["limits"]["NOFILE"] == [64, 64]
    assert told["limits"]["CPU"] == [60, 65]
    if sys.platform.startswith("linux"):
        assert told["limits"]["AS"] == [1 << 30, 1 << 30]
    assert told["ignored"] == []


@posix
def test_no_limit_asked_for_is_no_limit_set(tmp_path: Path) -> None:
    told = run(
        """
before = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU)
confinement.limit(0, 0)
after = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU)
tell(same=before == after)
""",
        tmp_path,
    )
    assert told == {"same": True}


def test_the_hook_refuses_writing_and_remembers_it(tmp_path: Path) -> None:
    told = run(
        """
confinement.watch()
read = [outcome(Path.read_text, inside / "file"), outcome(os.listdir, outside)]
innocent = confinement.attempted()
write = [outcome(Path.write_text, inside / "file", "x"), outcome(os.remove, inside / "file"),
         outcome(socket.socket), outcome(os.system, "true"), outcome(os.kill, os.getpid(), 0)]
tell(read=read, innocent=innocent, write=write, caught=confinement.attempted())
""",
        tmp_path,
    )
    assert told == {
        "read": ["done", "done"],
        "innocent": False,
        "write": ["Refused"] * 5,
        "caught": True,
    }
    assert tmp_path.joinpath("inside", "file").read_text() == "inside"


FENCED = """
spawn = outcome(os.posix_spawn, sys.executable, [sys.executable, "-c", ""], {})
parent = os.getppid()
if not confinement.fence([str(inside)]):
    tell(fenced=False)
    sys.exit()
status = Path("/proc/self/status")
tell(
    fenced=True,
    read=outcome(Path.read_text, inside / "file"),
    read_outside=outcome(Path.read_text, outside / "file"),
    list_outside=outcome(os.listdir, outside),
    read_processes=outcome(Path.read_text, Path("/proc") / str(parent) / "environ"),
    write=outcome(Path.write_text, inside / "file", "x"),
    create=outcome(Path.write_text, inside / "new", "x"),
    remove=outcome(os.remove, inside / "file"),
    fifo=outcome(os.mkfifo, inside / "new"),
    run_before=spawn,
    run=outcome(os.posix_spawn, sys.executable, [sys.executable, "-c", ""], {}),
)
import xml.dom.minidom, sqlite3, zoneinfo
"""


@linux
def test_the_kernel_refuses_what_python_did_not_ask_for(tmp_path: Path) -> None:
    told = run(FENCED, tmp_path)
    if not told.pop("fenced"):
        pytest.skip("this kernel has no Landlock")
    assert told.pop("read") == "done"
    assert told.pop("run_before") == "done"
    assert set(told.values()) == {"PermissionError"}, told
    assert tmp_path.joinpath("inside", "file").read_text() == "inside"


@linux
def test_a_single_file_can_be_the_only_thing_readable(tmp_path: Path) -> None:
    told = run(
        """
fenced = confinement.fence([str(inside / "file")])
tell(fenced=fenced, read=outcome(Path.read_text, inside / "file"),
     beside=outcome(os.listdir, inside), missing=outcome(Path.read_text, inside / "none"))
""",
        tmp_path,
    )
    if not told["fenced"]:
        pytest.skip("this kernel has no Landlock")
    assert told["read"] == "done"
    assert told["beside"] == "PermissionError"


@linux
def test_the_kernel_refuses_connections_and_signals(tmp_path: Path) -> None:
    told = run(
        """
from connectors import landlock
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
version = libc.syscall(444, None, ctypes.c_size_t(0), 1)
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
confinement.fence([str(inside)])
tell(version=version,
     connect=outcome(socket.create_connection, ("127.0.0.1", port), 5),
     bind=outcome(socket.create_server, ("127.0.0.1", 0)),
     signal=outcome(os.kill, os.getppid(), 0))
""",
        tmp_path,
    )
    if told["version"] < 4:
        pytest.skip("this kernel's Landlock knows no network")
    assert told["connect"] == "PermissionError"
    assert told["bind"] == "PermissionError"
    if told["version"] >= 6:
        assert told["signal"] == "PermissionError"


@linux
def test_no_privilege_can_be_gained(tmp_path: Path) -> None:
    told = run(
        """
descriptor = os.open("/proc/self/status", os.O_RDONLY)
import ctypes
from connectors import landlock
landlock.give_up_privileges(ctypes.CDLL(None))
tell(lines=[line for line in os.read(descriptor, 9999).decode().splitlines()
            if line.startswith("NoNewPrivs")])
""",
        tmp_path,
    )
    assert [line.split() for line in told["lines"]] == [["NoNewPrivs:", "1"]]
