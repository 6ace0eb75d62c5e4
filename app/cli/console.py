"""What a command says, and where: results on stdout, everything else on stderr.

With `--json` stdout gets exactly one JSON object, and sentences for people are left out. A terminal
gets a progress bar; a pipe gets none.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

from app import crash
from app.cli import streams, text
from app.cli.streams import Unheard
from app.errors import UserError, from_os_error
from app.i18n import tr, tr_n

if TYPE_CHECKING:
    from pathlib import Path

    from app.jobs import Job, Progress

T = TypeVar("T")

_POLL_SECONDS: Final = 0.05
_FIRST_SECONDS: Final = 0.4
"""Work that ends before this shows no bar."""
_BAR: Final = 24
# JSON itself escapes the older control characters; these a terminal obeys too.
_UNSAFE: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def encoded(value: object) -> bytes:
    """One line of JSON in UTF-8, harmless on a terminal; a broken file name becomes an escape."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    written = _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
    return written.encode("utf-8", "backslashreplace")


class Console:
    """The two streams of one run of the program."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self._bar = _Bar(sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")

    # -- results

    @property
    def room(self) -> int:
        """Columns a table may take; 0 is no limit, because nobody looks at it on a terminal."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0

    def say(self, line: str = "") -> None:
        """A line for people. With `--json` there is none."""
        if self.json:
            return
        with streams.heard():
            print(text.harmless(line))

    def lines(self, said: str) -> None:
        """Several lines, each made harmless."""
        for line in said.splitlines():
            self.say(line)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Names and values below each other."""
        room = max((text.width(name) for name, _ in facts), default=0)
        for name, value in facts:
            self.say(f"{text.pad(name, room)}  {value}")

    def table(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        numbers: Iterable[int] = (),
    ) -> None:
        """A table for people, no wider than their terminal."""
        if not self.json and rows:
            for line in text.table(headings, rows, self.room, numbers=frozenset(numbers)):
                self.say(line)

    def answer(self, data: Mapping[str, object]) -> None:
        """The one object of `--json`."""
        if self.json:
            self.put(encoded(data) + b"\n")

    def put(self, data: bytes) -> None:
        """Bytes for a program; a terminal gets them made harmless."""
        if sys.stdout.isatty():
            said = data.decode().split("\n")
            data = "\n".join(map(text.harmless, said)).encode()
        with streams.heard():
            sys.stdout.flush()
            sys.stdout.buffer.write(data)

    def flush(self) -> None:
        """Hand over everything said so far. Raises `Unheard`, as all that says results does."""
        with streams.heard():
            sys.stdout.flush()

    def unheard(self, error: Unheard) -> int:
        """Say why results could not be written; returns the exit code.

        `mydata records | head` is no failure: the reader has what it wanted.
        """
        streams.mute(sys.stdout)
        why = error.__cause__
        if isinstance(why, BrokenPipeError) or not isinstance(why, OSError):
            return error.code
        sentence = from_os_error(why)
        self.remark(sentence)
        return sentence.exit_code

    # -- everything else

    def note(self, line: str) -> None:
        """A remark that is no result. Where it cannot be written, the exit code must do."""
        try:
            print(text.harmless(line), file=sys.stderr)
        except OSError:
            streams.mute(sys.stderr)

    def failure(
        self,
        error: UserError,
        data: Mapping[str, object] | None = None,
        *,
        told: bool = False,
        answered: bool = True,
    ) -> int:
        """Say what went wrong and what to do; returns the exit code.

        `data` stands beside the error in the one JSON object. `told`: the sentence was said before;
        not `answered`: the object is still to come.
        """
        if not told:
            self.remark(error)
        if answered:
            try:
                self.answer({**(data or {}), "error": self.words(error)})
            except Unheard as unheard:
                unheard.code = error.exit_code
                raise
        return error.exit_code

    def remark(self, error: UserError) -> None:
        """Say what an error says, without failing."""
        said = self.words(error)
        self.note(f"{said['title']} [{error.code}]")
        for line in (said["detail"], said["next"]):
            if line:
                self.note(f"  {line}")

    def words(self, error: UserError) -> dict[str, str]:
        """An error in the person's language, by the keys of `--json`."""
        return {
            "code": error.code,
            "title": tr(error.title, **error.values),
            "detail": tr(error.detail, **error.values),
            "next": tr(error.next_step, **error.values),
        }

    def stopped(self) -> int:
        """Say that the person stopped it."""
        return self.failure(UserError("cancelled", "Stopped.", "", "Nothing was left half done."))

    def wait(self, job: Job[T]) -> T:
        """Show how far `job` is until it ends; Ctrl+C stops it at its next whole step."""
        begun = time.monotonic()
        try:
            while not job.done:
                self._pause(job, begun)
        finally:
            self._bar.clear()
        return job.result()

    def _pause(self, job: Job[T], begun: float) -> None:
        try:
            time.sleep(_POLL_SECONDS)
            if time.monotonic() - begun > _FIRST_SECONDS:
                self._bar.draw(job.progress)
        except KeyboardInterrupt:
            job.cancel()

    def catch_bugs(self) -> None:
        """From now on, what nobody caught ends in a report without anybody's data."""
        crash.install(self._report)

    def _report(self, lines: list[str], kept: Path | None) -> None:
        self._bar.clear()
        bug = UserError(
            "bug",
            "This is a fault in the program. Your vault is as it was before this command.",
            "",
            "Please report the lines below; they name places in the program and nothing of yours.",
        )
        try:
            self.failure(bug)
        except Unheard as error:
            self.unheard(error)
        for line in lines:
            self.note(f"  {line}")
        if kept:
            self.note(tr("The same lines are kept in {file}.", file=str(kept)))


class _Bar:
    """One line that is drawn over itself, on a terminal only."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = False

    def draw(self, progress: Progress) -> None:
        if not self._stream.isatty():
            return
        room = shutil.get_terminal_size().columns - 1
        line = text.cut(text.harmless(text.one_line(_bar_line(progress))), room)
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()
        self._shown = True

    def clear(self) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False


def _bar_line(progress: Progress) -> str:
    parts = []
    if progress.total:
        share = min(1.0, progress.done / progress.total)
        full = round(share * _BAR)
        parts.append(f"{'━' * full}{'─' * (_BAR - full)} {share:4.0%}")
    if progress.records:
        parts.append(tr_n(progress.records, "{count} record", "{count} records"))
    return "  ".join([*parts, progress.label])
