"""receive: check, show, and only when told so, keep and export."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import opening
from app.cli.console import Console
from app.errors import InputRefused, UserError
from app.i18n import tr, tr_n
from app.services import sharing

if TYPE_CHECKING:
    from app.services.session import Session
    from app.services.sharing import Opened

Said = dict[str, object]


def receive(arguments: Namespace, console: Console) -> int:
    """Each file on its own; 3 if all of them were refused, 1 if some."""
    several = len(arguments.files) > 1
    results: list[Said] = []
    failures: list[UserError] = []
    with opening.unlocked(arguments) as opened:
        for path in arguments.files:
            task = _Receiving(opened, path.expanduser().absolute(), arguments, console)
            results.append(task.said)
            try:
                task.run(several=several)
            except InputRefused as error:
                failures.append(error)
                if several:
                    console.failure(error, answered=False)
                    task.said["error"] = console.words(error)
    data: Said = {"bundles": results} if several else results[0]
    if len(failures) == len(results):
        return console.failure(failures[0], data, told=several)
    console.answer(data)
    return 1 if failures or any(each.get("problems") for each in results) else 0


class _Receiving:
    """One file."""

    def __init__(
        self, session: Session, path: Path, arguments: Namespace, console: Console
    ) -> None:
        self._session = session
        self._path = path
        self._arguments = arguments
        self._console = console
        self.said: Said = {"path": str(path)}

    def run(self, *, several: bool) -> None:
        """Open, show, then keep or export as far as that was asked for."""
        job = self._session.jobs.read(
            lambda context: sharing.open_bundle(self._session, self._path, context)
        )
        opened = self._console.wait(job)
        self._show(opened)
        keep = self._arguments.accept or (not opened.concerns and self._asked())
        if opened.concerns and not keep:
            raise opened.concerns[0]
        if self._arguments.export and opened.kind == "share":
            self._export(opened, several=several)
        if keep:
            self._keep(opened)
        else:
            self._console.say(tr("Nothing was stored. To keep it, add --accept."))

    def _asked(self) -> bool:
        """A person at a terminal decides now; a script said so before or not at all."""
        if self._console.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        sys.stderr.write(tr("Keep it? Type yes: "))
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"yes", "y", "예", "네"}

    def _show(self, opened: Opened) -> None:
        self.said |= {
            "bundle_id": opened.bundle_id,
            "kind": opened.kind,
            "sender": opened.sender.name,
            "fingerprint": opened.sender.fingerprint,
            "safety_number": opened.digits,
            "verified": opened.verified,
            "first_contact": opened.first_contact,
            "created": opened.created,
            "purpose": opened.purpose,
            "until": opened.until,
            "resharing": opened.resharing,
            "terms": opened.terms,
            "records": opened.records,
            "kinds": opened.kinds,
            "warnings": list(opened.warnings),
            "concerns": [self._console.words(each) for each in opened.concerns],
            "stored": False,
            "receipt": None,
        }
        state = tr("number compared") if opened.verified else tr("number not compared yet")
        self._console.facts(
            [
                (tr("From"), f"{opened.sender.name} · {state}"),
                (tr("Made"), opened.created),
                (tr("Purpose"), opened.purpose),
                (tr("Until"), opened.until or tr("not agreed")),
                (tr("Records"), f"{opened.records:,}"),
            ]
        )

    def _keep(self, opened: Opened) -> None:
        job = self._session.jobs.write(
            lambda context: sharing.accept(self._session, opened, context, knowingly=True)
        )
        kept = self._console.wait(job)
        self.said |= {"stored": True, "import_id": kept.import_id, "about": kept.about}
        self._console.say(tr("It was kept."))
        if opened.kind == "share":
            self._write_receipt(opened)

    def _write_receipt(self, opened: Opened) -> None:
        """Beside the file; where that may not be written to, the bundle is kept all the same."""
        place = self._path.parent / sharing.default_receipt_name(opened.bundle_id)
        try:
            written = sharing.save_receipt(self._session, opened.bundle_id, place)
        except UserError as error:
            self.said["problems"] = [self._console.words(error)]
            self._console.failure(error, answered=False)
            return
        self.said["receipt"] = str(written)
        self._console.say(tr("Receipt for the sender: {path}", path=str(written)))

    def _export(self, opened: Opened, *, several: bool) -> None:
        folder = self._arguments.export.expanduser().absolute()
        if several:
            folder /= opened.bundle_id
        job = self._session.jobs.read(
            lambda context: sharing.export_opened(self._session, opened, folder, context)
        )
        files = self._console.wait(job)
        self.said["files"] = [str(path) for path in files]
        self._console.say(
            tr_n(len(files), "{count} file in {folder}", "{count} files in {folder}", folder=folder)
        )
