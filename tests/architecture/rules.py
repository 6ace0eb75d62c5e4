"""The rules of the house that name things, checked over the syntax tree.

Who may import what at large is import-linter's business (pyproject.toml). Here is what it cannot
see: single names and calls, SQL in strings, sentences that skip translation. A rule that has to
bend names the file and the reason in `EXCEPTIONS`; there is no other way around it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

EXCEPTIONS: Final[dict[tuple[str, str], str]] = {
    # (rule, path): why
    ("no broad except", "app/gui/bridge.py"): "the last stop of a job: shown as a bug, not lost",
    ("no broad except", "app/share/output.py"): "raised again on the thread that asked",
    ("no broad except", "app/vault/systemstore.py"): "raised again as a sentence by who waits",
}


class Violation(NamedTuple):
    rule: str
    path: str
    line: int
    detail: str


class Module(NamedTuple):
    """A source file: its path from the project's root, with forward slashes, and its tree."""

    path: str
    tree: ast.Module

    def within(self, *places: str) -> bool:
        """Whether it is one of these files or lies in a folder ("app/gui/"; "" is all)."""
        return any(
            self.path.startswith(place) if place.endswith("/") else place in {"", self.path}
            for place in places
        )


Finding = tuple[int, str]
Rule = Callable[[Module], Iterator[Finding]]


# --- Looking at the tree ------------------------------------------------------------------------


def imported(module: Module) -> Iterator[Finding]:
    """Every imported name in full: `from a.b import c` gives "a.b.c"."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; what stands before the first name is left out, so `x().y` gives ".y"."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call and the dotted name of what is called."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def docstrings(tree: ast.Module) -> set[int]:
    """The identities of the string nodes that are docstrings or stand alone as remarks."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def begins(name: str, *modules: str) -> bool:
    """Whether `name` is one of `modules` or lies inside one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


# --- Names that belong to one room --------------------------------------------------------------


def only_in(places: tuple[str, ...], *modules: str) -> Rule:
    """Imports of `modules` are for `places` alone."""

    def rule(module: Module) -> Iterator[Finding]:
        if not module.within(*places):
            yield from (each for each in imported(module) if begins(each[1], *modules))

    return rule


def never_in(places: tuple[str, ...], *modules: str) -> Rule:
    """Imports of `modules` are not for `places`."""

    def rule(module: Module) -> Iterator[Finding]:
        if module.within(*places):
            yield from (each for each in imported(module) if begins(each[1], *modules))

    return rule


_SQL = re.compile(
    r"\b(SELECT\s[^;]*\bFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|DELETE\s+FROM\s"
    r"|UPDATE\s+\w+\s+SET\s|PRAGMA\s+\w|ATTACH\s+DATABASE|DROP\s+(TABLE|INDEX|VIEW|TRIGGER)\s"
    r"|CREATE\s+(TEMP\s+|TEMPORARY\s+|VIRTUAL\s+|UNIQUE\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s)"
)


def sql_outside_the_vault(module: Module) -> Iterator[Finding]:
    """A statement in a string, docstrings aside."""
    if module.within("app/vault/"):
        return
    remarks = docstrings(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = _SQL.search(node.value)
            if found and id(node) not in remarks:
                yield node.lineno, found.group(0)


# --- Calls that are dangerous or wrong here -----------------------------------------------------


def calls_of(*names: str, places: tuple[str, ...] = ("",)) -> Rule:
    """Calls of a function by its dotted name, or of any method given as ".name"."""
    exact = {name for name in names if not name.startswith(".")}
    methods = tuple(name for name in names if name.startswith("."))

    def rule(module: Module) -> Iterator[Finding]:
        if not any(module.path.startswith(place) for place in places):
            return
        for node, name in calls(module):
            if name in exact or (methods and name.endswith(methods)):
                yield node.lineno, name

    return rule


def prints_outside_the_command_line(module: Module) -> Iterator[Finding]:
    """Only the command line speaks on stdout."""
    if not module.within("app/cli/", "packaging/"):
        yield from ((node.lineno, name) for node, name in calls(module) if name == "print")


def lambdas_connected_to_signals(module: Module) -> Iterator[Finding]:
    """`signal.connect(lambda: self.x())` keeps the widget alive for ever."""
    for node, name in calls(module):
        if name.endswith(".connect") and any(isinstance(arg, ast.Lambda) for arg in node.args):
            yield node.lineno, name


_BROAD = {"Exception", "BaseException"}


def _named(node: ast.expr | None) -> set[str]:
    parts = node.elts if isinstance(node, ast.Tuple) else [node] if node else []
    return {dotted(part) for part in parts}


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def broad_excepts(module: Module) -> Iterator[Finding]:
    """Catching everything hides bugs; tidying up and raising again does not."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ExceptHandler) or _raises_again(node):
            continue
        if node.type is None or _named(node.type) & _BROAD:
            yield node.lineno, "except"
    for call, name in calls(module):
        caught = {dotted(argument) for argument in call.args}
        if name.rpartition(".")[2] == "suppress" and caught & _BROAD:
            yield call.lineno, name


def shells(module: Module) -> Iterator[Finding]:
    """`shell=True` lets a file name be a command."""
    for node, name in calls(module):
        for keyword in node.keywords:
            shown = keyword.value
            if keyword.arg == "shell" and not (isinstance(shown, ast.Constant) and not shown.value):
                yield node.lineno, name


# --- Sentences that skip translation ------------------------------------------------------------

_SHOWS = {
    "QAction", "QCheckBox", "QGroupBox", "QLabel", "QPushButton", "QRadioButton", "QToolButton",
    "addAction", "addButton", "addItem", "addItems", "addMenu", "addRow", "addTab",
    "critical", "information", "question", "warning",
    "setAccessibleDescription", "setAccessibleName", "setInformativeText", "setItemText",
    "setLabelText", "setPlaceholderText", "setStatusTip", "setSubTitle", "setTabText", "setText",
    "setTitle", "setToolTip", "setWhatsThis", "setWindowTitle",
}  # fmt: skip
_NAMES = {"MyData Vault"}  # the same in every language
_WORD = re.compile(r"[A-Za-z]{2}")


def _has_words(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        text = node.value
        return isinstance(text, str) and text not in _NAMES and bool(_WORD.search(text))
    if isinstance(node, ast.JoinedStr):
        return any(_has_words(part) for part in node.values)
    return False


def _shown(call: ast.Call, name: str, shows: set[str], by_name: set[str]) -> list[ast.expr]:
    """The arguments of a call that a person will read."""
    last = name.rpartition(".")[2]
    shown = list(call.args) if last in shows else []
    if last in shows or last.startswith("Q") or "print" in shows:
        shown += [keyword.value for keyword in call.keywords if keyword.arg in by_name]
    return shown


def english_only(module: Module) -> Iterator[Finding]:
    """A literal sentence handed straight to a widget, a parser or `print`."""
    if module.within("app/gui/"):
        shows, by_name = _SHOWS, {"text", "toolTip", "statusTip", "windowTitle"}
    elif module.within("app/cli/"):
        shows, by_name = {"print"}, {"help", "description", "epilog", "title"}
    else:
        return
    for call, name in calls(module):
        for each in _shown(call, name, shows, by_name):
            if _has_words(each):
                yield each.lineno, name


# --- The rules ----------------------------------------------------------------------------------

_SOCKETS = (
    "socket", "socketserver", "ssl", "http", "urllib.request", "urllib3", "requests", "ftplib",
    "smtplib", "imaplib", "poplib", "xmlrpc", "asyncio", "PySide6.QtNetwork",
    "PySide6.QtWebSockets",
)  # fmt: skip
_OBJECT_LOADERS = ("pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle",
                   "multiprocessing")  # fmt: skip
_WIDGETS = ("PySide6.QtWidgets", "PySide6.QtGui", "app.gui.views", "app.gui.widgets",
            "app.gui.main_window")  # fmt: skip
_ARCHIVES = ("zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "shutil.unpack_archive")

RULES: Final[dict[str, Rule]] = {
    "only net opens sockets": only_in(("app/net/",), *_SOCKETS),
    "only the vault sees the database": only_in(("app/vault/",), "sqlcipher3", "sqlite3"),
    "only the vault speaks SQL": sql_outside_the_vault,
    "only the vault and the seal see PyNaCl": only_in(
        ("app/vault/", "app/share/seal.py", "app/share/identity.py"), "nacl", "cryptography"
    ),
    "only the vault sees the keyring": only_in(("app/vault/",), "keyring"),
    "only gui sees Qt": only_in(("app/gui/",), "PySide6", "shiboken6"),
    "view-models see no widgets": never_in(("app/gui/viewmodels/",), *_WIDGETS),
    "only the guarded reader parses XML": only_in(("connectors/toolkit/xml.py",), "xml", "lxml"),
    "connectors open archives through the guards": lambda module: (
        only_in(("connectors/toolkit/",), *_ARCHIVES)(module)
        if module.within("connectors/")
        else iter(())
    ),
    "connectors read JSON through the guards": lambda module: (
        calls_of("json.load", "json.loads", places=("connectors/",))(module)
        if not module.within("connectors/toolkit/json.py")
        else iter(())
    ),
    "connectors start nothing": never_in(
        ("connectors/",), "subprocess", "multiprocessing", "os.system", "os.popen"
    ),
    "data is never loaded as objects": never_in(("",), *_OBJECT_LOADERS),
    "text is never run": calls_of(
        "eval", "exec", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"
    ),
    "no shell": shells,
    "archives are never unpacked to disk": calls_of(".extractall", ".extract"),
    "scripts would commit the open transaction": calls_of(".executescript"),
    "events are never pumped by hand": calls_of(".processEvents"),
    "amounts are never floats": calls_of("float", places=("connectors/",)),
    "signals are connected to bound methods": lambdas_connected_to_signals,
    "no broad except": broad_excepts,
    "only the command line prints": prints_outside_the_command_line,
    "every sentence is translated": english_only,
}


def check(path: str, source: str) -> list[Violation]:
    """Every broken rule in `source`, which stands at `path` from the project's root."""
    module = Module(path, ast.parse(source, path))
    return [
        Violation(name, path, line, detail)
        for name, rule in RULES.items()
        if (name, path) not in EXCEPTIONS
        for line, detail in rule(module)
    ]


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every module of the program under `root`."""
    for room in ("app", "connectors", "resources", "packaging"):
        for path in sorted((root / room).rglob("*.py")):
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def check_tree(root: Path) -> list[Violation]:
    """Every broken rule in the program under `root`."""
    return [each for path, source in sources(root) for each in check(path, source)]
