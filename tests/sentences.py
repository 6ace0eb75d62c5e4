"""Collects every English source sentence of the program, by reading it.

A sentence is a literal that ends up in `tr`, `tr_n`, `mark` or in the title, detail or next step of
a `UserError`, also by way of a function that hands its own parameter on; and what the vocabulary
shows: kinds, fields, domains, problems, connector titles and options.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from connectors import kinds, problems, registry
from tests.architecture.rules import sources

Place = str
"""Where a sentence was found: "app/cli/main.py:12" or the name of a table."""

Key = tuple[str, str]
"""A function or class: its module and its name."""

Sink = dict[str, int]
"""The parameters through which a function takes sentences, each with its position."""

_ERROR: Final[Sink] = {"title": 1, "detail": 2, "next_step": 3}
_SEED: Final[dict[Key, Sink]] = {
    ("app.i18n", "tr"): {"text": 0},
    ("app.i18n", "tr_n"): {"many": 2},
    ("app.i18n", "mark"): {"text": 0},
    ("app.errors", "UserError"): _ERROR,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    name: str
    path: str
    tree: ast.Module
    imports: dict[str, str]


class Found(NamedTuple):
    sentences: dict[str, list[Place]]
    built: list[Place]
    """Where a sentence is glued together instead of written down."""


def _module(path: str, source: str) -> Module:
    name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    tree = ast.parse(source, path)
    imports = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return Module(name, path, tree, imports)


def _parameters(function: Function, *, method: bool) -> dict[str, int]:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    static = any(
        isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list
    )
    if method and not static:
        names = names[1:]
    keyword_only = {each.arg: 1_000 for each in function.args.kwonlyargs}
    return {**{name: place for place, name in enumerate(names)}, **keyword_only}


class _Reader(ast.NodeVisitor):
    """One pass over one module: literals that reach a sink, and parameters that do."""

    def __init__(self, module: Module, sinks: dict[Key, Sink]) -> None:
        self.module, self.sinks = module, sinks
        self.scopes: list[tuple[str, dict[str, int], Function]] = []
        self.classes: list[str] = []
        self.found: list[tuple[str, int]] = []
        self.built: list[int] = []
        self.visit(module.tree)

    # -- where we are

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            inherited = self.sinks.get(self._resolve(base))
            if inherited is not None:
                self.sinks.setdefault((self.module.name, node.name), inherited)
        self.classes.append(node.name)
        self.generic_visit(node)
        self.classes.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: Function) -> None:
        method = bool(self.classes) and not self.scopes
        name = self.classes[-1] if method and node.name == "__init__" else node.name
        self.scopes.append((name, _parameters(node, method=method), node))
        kept, self.classes = self.classes, []
        self.generic_visit(node)
        self.classes = kept
        self.scopes.pop()

    # -- what is called

    def _resolve(self, called: ast.expr) -> Key:
        """The module and name of what `called` stands for, as far as the imports tell."""
        if isinstance(called, ast.Name):
            module, _, name = self.module.imports.get(called.id, "").rpartition(".")
            return (module, name) if module else (self.module.name, called.id)
        if isinstance(called, ast.Attribute):
            if isinstance(called.value, ast.Name) and called.value.id in self.module.imports:
                return (self.module.imports[called.value.id], called.attr)
            return (self.module.name, called.attr)
        return ("", "")

    def visit_Call(self, node: ast.Call) -> None:
        sink = self.sinks.get(self._resolve(node.func), {})
        starred = any(isinstance(argument, ast.Starred) for argument in node.args)
        for place in sink.values():
            if place < len(node.args) and not starred:
                self._sentence(node.args[place])
        for keyword in node.keywords:
            if keyword.arg in sink:
                self._sentence(keyword.value)
        self.generic_visit(node)

    # -- what is handed over

    def _sentence(self, value: ast.expr) -> None:
        match value:
            case ast.Constant(value=str(text)):
                if text:
                    self.found.append((text, value.lineno))
            case ast.IfExp():
                self._sentence(value.body)
                self._sentence(value.orelse)
            case ast.BoolOp():
                for each in value.values:
                    self._sentence(each)
            case ast.JoinedStr() | ast.BinOp():
                self.built.append(value.lineno)
            case ast.Name():
                self._name(value)

    def _name(self, value: ast.Name) -> None:
        for function, parameters, node in reversed(self.scopes):
            if value.id in parameters:
                sink = self.sinks.setdefault((self.module.name, function), {})
                sink.setdefault(value.id, parameters[value.id])
                return self._default(node, value.id)
            if self._assigned(node, value.id):
                return None
        self._assigned(self.module.tree, value.id)
        return None

    def _default(self, function: Function, name: str) -> None:
        given = function.args
        plain = [*given.posonlyargs, *given.args]
        pairs = [
            *zip(reversed(plain), reversed(given.defaults), strict=False),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
        ]
        for each, default in pairs:
            if each.arg == name and isinstance(default, ast.Constant):
                self._sentence(default)

    def _assigned(self, place: ast.AST, name: str) -> bool:
        """Follow a plain name to the literals it is given in the same function or module."""
        seen = False
        for node in ast.walk(place):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(each, ast.Name) and each.id == name for each in targets):
                    seen = True
                    if isinstance(node.value, ast.Constant | ast.IfExp | ast.JoinedStr):
                        self._sentence(node.value)
        return seen


def _of_the_program(root: Path) -> Iterator[tuple[Module, _Reader]]:
    modules = [_module(path, source) for path, source in sources(root) if path != "app/i18n.py"]
    sinks = {key: dict(sink) for key, sink in _SEED.items()}
    while True:
        before = {key: dict(sink) for key, sink in sinks.items()}
        read = [(module, _Reader(module, sinks)) for module in modules]
        if sinks == before:
            return iter(read)


def _of_the_computer(root: Path) -> Iterator[tuple[str, Place]]:
    """What `app.errors` says about the operating system's errors: tables of code and sentences."""
    path = root / "app" / "errors.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Tuple) and len(node.elts) == 3:
            texts = [each.value for each in node.elts[1:] if isinstance(each, ast.Constant)]
            yield from ((str(text), f"app/errors.py:{node.lineno}") for text in texts if text)


def _of_the_vocabulary() -> Iterator[tuple[str, Place]]:
    for label in kinds.DOMAINS.values():
        yield label, "connectors/kinds.py, domains"
    for kind in kinds.KINDS.values():
        yield kind.label, f"connectors/kinds.py, {kind.name}"
        for field in kind.fields:
            yield field.label, f"connectors/kinds.py, {kind.name}.{field.name}"
    for code, sentence in problems.SENTENCES.items():
        yield sentence, f"connectors/problems.py, {code}"
    for connector in registry.all_connectors():
        yield connector.title, f"{connector.id}, title"
        for option in connector.options:
            yield option.label, f"{connector.id}, option {option.name}"


def collect(root: Path, *, vocabulary: bool = True) -> Found:
    """Every source sentence of the program under `root`, and where it stands."""
    found = Found({}, [])
    for module, reader in _of_the_program(root):
        for text, line in reader.found:
            found.sentences.setdefault(text, []).append(f"{module.path}:{line}")
        found.built.extend(f"{module.path}:{line}" for line in reader.built)
    if vocabulary:
        for text, place in (*_of_the_computer(root), *_of_the_vocabulary()):
            if text:
                found.sentences.setdefault(text, []).append(place)
    return found
