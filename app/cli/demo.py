"""demo: the whole story, a line for each step."""

from __future__ import annotations

import contextlib
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from app.cli.console import Console
from app.errors import environment
from app.i18n import tr
from app.services.demo import Step, Story

if TYPE_CHECKING:
    from app.services.demo import Draw
    from app.services.session import Session


def demo(arguments: Namespace, console: Console) -> int:
    """Tell the story; 1 if a step did not come out as it must."""
    story = Story(_folder(arguments))
    steps = []
    with contextlib.closing(story):
        for step in story.tell(_forgiving(arguments.draw, console)):
            steps.append(step)
            console.say(_line(step))
    console.answer(
        {
            "out": str(story.folder),
            "vault": str(story.vault),
            "passphrase_file": str(story.passphrase_file),
            "bundle": str(story.bundle),
            "steps": [msgspec.to_builtins(step) for step in steps],
            "pictures": [str(path) for path in story.pictures],
        }
    )
    for path in story.pictures:
        console.say(f"  {path}")
    console.say()
    console.say(tr("Open it yourself: mydata --vault {vault}", vault=story.vault))
    return 0 if all(step.ok for step in steps) else 1


def _folder(arguments: Namespace) -> Path:
    if arguments.out:
        out: Path = arguments.out.expanduser().absolute()
        return out
    with environment():
        return Path(tempfile.mkdtemp(prefix="mydata-demo-"))


def _line(step: Step) -> str:
    return f"{'✓' if step.ok else '✗'} {step.text}"


def _forgiving(draw: Draw | None, console: Console) -> Draw | None:
    """Where the window's libraries cannot be loaded, the story ends without pictures."""
    if draw is None:
        return None

    def attempt(session: Session, folder: Path) -> list[Path]:
        try:
            return draw(session, folder)
        except ImportError as error:
            console.note(tr("The window cannot be drawn here: {name}", name=error.name or "Qt"))
            return []

    return attempt
