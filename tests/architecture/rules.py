"""The rules of the house that name things, checked over the syntax tree.

Who may import what at large is import-linter's business (pyproject.toml). Here is what it cannot
see: single names and calls, SQL in strings, sentences that skip translation. A rule that has to
bend names the file and the reason in `EXCEPTIONS`; there is no other way around it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

EXCEPTIONS: Final[dict[tuple[str, str], str]] = {
    # (rule, path): why
    (
        "imports are written as imports",
        "app/cli/main.py",
    ): "a command names its module in the grammar",
    ("imports are written as imports", "app/gui/desktop.py"): "asks whether Qt's bus is loaded",
    ("imports are written as imports", "app/vault/systemstore.py"): "stores of one system each",
    ("imports are written as imports", "connectors/registry.py"): "an explicit list of connectors",
    ("no broad except", "app/gui/bridge.py"): "the last stop of a job: shown as a bug, not lost",
    ("no broad except", "app/share/output.py"): "raised again on the thread that asked",
    ("no broad except", "app/vault/systemstore.py"): "raised again as a sentence by who waits",
    (
        "only the spawner starts programs",
        "app/vault/sync/placement.py",
    ): "macOS names the drives of other computers nowhere but in what its `mount` prints",
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


@lru_cache(maxsize=4)  # all rules look at one file before the next
def nodes(tree: ast.Module) -> list[ast.AST]:
    """Everything in a tree."""
    return list(ast.walk(tree))


def imported(module: Module) -> Iterator[Finding]:
    """Every imported name in full: `from a.b import c` gives "a.b.c", `import_module("a")` "a"."""
    for node in nodes(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and (name := _asked_for(node)):
            yield node.lineno, name


def _asked_for(call: ast.Call) -> str:
    """What a call to a function that imports names, where it names it as text."""
    if not call.args or dotted(call.func).rpartition(".")[2] not in {"import_module", "__import__"}:
        return ""
    return _text(call.args[0])


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; what stands before the first name is left out, so `x().y` gives ".y".

    `getattr(a, "b")` is "a.b" in disguise.
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call) and dotted(node.func) == "getattr" and len(node.args) > 1:
        return f"{dotted(node.args[0])}.{_text(node.args[1])}"
    return ""


@lru_cache(maxsize=4)
def aliases(tree: ast.Module) -> dict[str, str]:
    """What the names stand for that imports and plain assignments make."""
    known: dict[str, str] = {}
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            known |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            known |= {name: in_full(dotted(node.value), known) for name in names}
    return known


def in_full(name: str, known: Mapping[str, str]) -> str:
    """A dotted name with what its first part stands for."""
    first, dot, rest = name.partition(".")
    return f"{known.get(first, first)}{dot}{rest}".removeprefix("builtins.")


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call and the dotted name of what is called, whatever it was imported as."""
    known = aliases(module.tree)
    for node in nodes(module.tree):
        if isinstance(node, ast.Call):
            yield node, in_full(dotted(node.func), known)


_NAMED: Final = (ast.Name, ast.Attribute, ast.Call)


@lru_cache(maxsize=4)
def mentions(module: Module) -> list[Finding]:
    """Every name in full that is imported or stands anywhere, called or not."""
    known = aliases(module.tree)
    names = ((node.lineno, dotted(node)) for node in nodes(module.tree) if isinstance(node, _NAMED))
    return [*imported(module), *((line, in_full(name, known)) for line, name in names if name)]


def docstrings(tree: ast.Module) -> set[int]:
    """The identities of the string nodes that are docstrings or stand alone as remarks."""
    return {id(node.value) for node in nodes(tree) if isinstance(node, ast.Expr)}


def begins(name: str, *modules: str) -> bool:
    """Whether `name` is one of `modules`, lies inside one, or brings one in by a star.

    The underscore of `_socket` only says that it is the part written in C.
    """
    name = name if name.startswith("__") else name.removeprefix("_")
    return any(
        name == module
        or name.startswith(f"{module}.")
        or (name.endswith(".*") and module.startswith(name[:-1]))
        for module in modules
    )


def either(*rules: Rule) -> Rule:
    """What any of `rules` finds."""
    return lambda module: (found for rule in rules for found in rule(module))


def mentions_of(*names: str) -> Rule:
    """Any use of a name or of what lies inside it; an attribute of anything is ".name"."""
    exact = [name for name in names if not name.startswith(".")]
    attributes = tuple(name for name in names if name.startswith("."))

    def rule(module: Module) -> Iterator[Finding]:
        for line, name in mentions(module):
            within = any(name == each or name.startswith(f"{each}.") for each in exact)
            if within or (attributes and name.endswith(attributes)):
                yield line, name

    return rule


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
    for node in nodes(module.tree):
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
    for node in nodes(module.tree):
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

_HOW = ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")
_SOCKETS = (
    "socket", "socketserver", "ssl", "http", "urllib.request", "urllib3", "requests", "ftplib",
    "smtplib", "imaplib", "poplib", "xmlrpc", "asyncio", "PySide6.QtNetwork",
    "PySide6.QtWebSockets",
)  # fmt: skip
_OBJECT_LOADERS = ("pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle",
                   "multiprocessing")  # fmt: skip
_WIDGETS = ("PySide6.QtWidgets", "PySide6.QtGui", "app.gui.views", "app.gui.widgets",
            "app.gui.main_window")  # fmt: skip
_STARTERS = (
    *("subprocess", "_posixsubprocess", "pty", "os.system", "os.popen", "os.startfile", "os.fork"),
    *("os.forkpty", "os.posix_spawn", "os.posix_spawnp", "PySide6.QtCore.QProcess"),
    *(f"os.{verb}{how}" for verb in ("exec", "spawn") for how in _HOW),
)
_ARCHIVES = ("zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "shutil.unpack_archive")

RULES: Final[dict[str, Rule]] = {
    "only net opens sockets": only_in(("app/net/",), *_SOCKETS),
    "only the vault sees the database": only_in(("app/vault/",), "sqlcipher3", "sqlite3"),
    "only the vault speaks SQL": sql_outside_the_vault,
    "only the vault and the seal see PyNaCl": only_in(
        ("app/vault/", "app/share/seal.py", "app/share/secretstream.py"), "nacl"
    ),
    "only the encrypted stream sees OpenSSL": only_in(
        ("app/share/secretstream.py",), "cryptography"
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
    "text is never run": either(
        mentions_of("eval", "exec", "compile", "yaml.load", "yaml.unsafe_load"),
        never_in(("",), "code", "codeop"),
    ),
    "only the spawner starts programs": lambda module: (
        mentions_of(*_STARTERS)(module)
        if not module.within("app/intake/spawn.py", "packaging/")
        else iter(())
    ),
    "only fences and disks ask the system directly": only_in(
        (
            *("app/crash.py", "app/vault/heap.py", "app/vault/sync/placement.py"),
            *("connectors/confinement.py", "connectors/landlock.py"),
        ),
        *("ctypes", "cffi"),
    ),
    "imports are written as imports": mentions_of(
        *("importlib.import_module", "importlib.util", "importlib.machinery", "importlib.reload"),
        *("imp", "runpy", "pkgutil", "zipimport", "__import__", "sys.modules", "builtins"),
        *("__builtins__", "__loader__", "__spec__", ".__globals__", ".__builtins__"),
        *(".__subclasses__", ".__loader__", ".__spec__", ".*"),
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
