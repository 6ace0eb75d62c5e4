"""The whole story on invented data: import, ask, share, receive, and what is refused.

`Story.tell` yields one `Step` after the other with the figures it really found; a step that did not
come out as it must says so. `prepare` gives only the filled vault, for looking around. The samples
are under `resources/samples`; what the story leaves in its folder is encrypted, apart from
passphrases, the shared records the recipient exported, and the pictures.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from app import paths
from app.catalogue.query import Filter
from app.errors import InputRefused, check_new_or_empty, environment
from app.i18n import mark, tr, tr_n
from app.jobs import JobContext
from app.services import asking, importing, sharing
from app.services import session as sessions
from app.services.session import Session
from app.services.sharing import Opened, Promise, Selection, Shared
from app.vault import keys

PERSON: Final = "Narae Winterbourne"
RECIPIENT: Final = "Imogen Quillfeather"
FILES: Final = (
    "midata-london.csv",
    "checking-portland.ofx",
    "greenbutton-portland.xml",
    "mhv_WINTERBOURNE_20260901_0815.txt",
    "clinic-fhir.json",
    "facebook-narae",
)
SEARCH: Final = "산책"
PURPOSE: Final = mark("A study of blood pressure and heating")
_SELECTION: Final = Selection(
    kinds=("health.observation", "health.medication", "energy.reading"),
    since="2025-09-01",
    transforms=("health.start=day",),
)
_TAMPERED: Final = {"HEADER_TAMPERED", "PAYLOAD_TAMPERED", "BAD_FRAME"}

Draw = Callable[[Session, Path], list[Path]]
"""Saves pictures of a window showing the vault into a folder."""


class Step(msgspec.Struct, frozen=True):
    """One thing that was done, in the person's language, and whether it came out right."""

    text: str
    ok: bool = True


def samples() -> list[Path]:
    """The invented person's export files."""
    folder = paths.RESOURCES / "samples"
    return [folder / name for name in FILES]


def prepare(
    folder: Path,
    passphrase: str,
    context: JobContext | None = None,
    *,
    cost: keys.Cost = keys.MODERATE,
) -> Session:
    """A new vault in `folder` with everything of the invented person in it."""
    session, _ = sessions.create(folder, passphrase, cost=cost)
    try:
        importing.import_paths(session, samples(), context=context)
        if context is not None:
            context.check()
        sharing.make_identity(session, PERSON)
    except BaseException:
        session.close()
        raise
    return session


class Visit:
    """A demo vault to look around in. It lies in a temporary folder that goes with `close`.

    Its passphrase is random and known to nobody, so what a kill leaves there stays closed.
    """

    def __init__(self, room: Path, session: Session) -> None:
        self.room = room
        self.session = session

    @classmethod
    def begin(cls, context: JobContext | None = None) -> Visit:
        """Import the samples. Raises `Cancelled` and `UserError`, and leaves nothing then."""
        with environment():
            room = Path(tempfile.mkdtemp(prefix="mydata-demo-"))
        try:
            # Guessing 256 bits is hopeless at any cost, so the cheapest will do.
            passphrase = secrets.token_hex(32)
            return cls(room, prepare(room / "vault", passphrase, context, cost=keys.LOWEST))
        except BaseException:
            shutil.rmtree(room, ignore_errors=True)
            raise

    def close(self) -> None:
        """Lock it and remove every trace of it."""
        try:
            if self.session.vault.remembered:
                self.session.vault.forget()
        finally:
            self.session.close()
            shutil.rmtree(self.room, ignore_errors=True)


class Story:
    """The story in a new or empty folder. Closes what it opened; `close` after `tell`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = folder / "vault"
        self.passphrase_file = folder / "passphrase.txt"
        self.recipient_vault = folder / "recipient-vault"
        self.bundle = folder / sharing.default_share_name()
        self.pictures: list[Path] = []
        self._open: list[Session] = []

    def close(self) -> None:
        """Lock both vaults."""
        while self._open:
            self._open.pop().close()

    def tell(self, draw: Draw | None = None) -> Iterator[Step]:
        """Everything, in order; `draw` is called at the end, on this thread."""
        self._make_folder()
        mine = self._create(self.vault, self.passphrase_file)
        yield self._created()
        yield from self._imported(mine)
        yield from self._asked(mine)
        theirs = self._create(self.recipient_vault, self.folder / "recipient-passphrase.txt")
        yield from self._met(mine, theirs)
        yield from self._shared(mine)
        yield self._seen_from_outside()
        yield self._flipped(theirs)
        yield from self._received(mine, theirs)
        yield self._replayed(theirs)
        yield self._ledger(mine)
        if draw:
            yield self._drawn(mine, draw)

    # -- two vaults

    def _make_folder(self) -> None:
        with environment():
            check_new_or_empty(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)

    def _create(self, folder: Path, passphrase_file: Path) -> Session:
        passphrase = "-".join(secrets.token_hex(2) for _ in range(6))
        with environment():
            passphrase_file.touch(mode=0o600)
            passphrase_file.write_text(f"{passphrase}\n", encoding="ascii")
        session, _ = sessions.create(folder, passphrase)
        self._open.append(session)
        return session

    def _created(self) -> Step:
        return Step(
            tr(
                "A new vault: {vault}. Its passphrase is in {file}.",
                vault=self.vault,
                file=self.passphrase_file.name,
            )
        )

    # -- files in, questions out

    def _imported(self, mine: Session) -> Iterator[Step]:
        for receipt in importing.import_paths(mine, samples()):
            yield Step(
                tr_n(
                    receipt.new,
                    "Imported {title}: {count} record, {first} to {last}.",
                    "Imported {title}: {count} records, {first} to {last}.",
                    title=tr(receipt.title),
                    first=receipt.first[:10],
                    last=receipt.last[:10],
                ),
                receipt.state == "done" and receipt.new > 0 and not receipt.problem_count,
            )
        again = importing.import_paths(mine, samples())
        new = sum(receipt.new for receipt in again)
        known = sum(receipt.known for receipt in again)
        yield Step(
            tr(
                "Imported all of it again: {new} new, {known} already there.",
                new=f"{new:,}",
                known=f"{known:,}",
            ),
            new == 0 and known == sessions.status(mine).records,
        )

    def _asked(self, mine: Session) -> Iterator[Step]:
        for kind, field in (("finance.transaction", "amount"), ("energy.reading", "quantity")):
            for row in asking.total(mine, kind, field, []):
                yield Step(
                    tr_n(
                        row.count,
                        "Added up exactly: {sum} {unit} in {count} record.",
                        "Added up exactly: {sum} {unit} in {count} records.",
                        sum=row.sum,
                        unit=row.unit,
                    )
                )
        hits = asking.search(mine, SEARCH, Filter(), 3)
        yield Step(
            tr_n(
                hits.total,
                "Searched for “{words}”: {count} record.",
                "Searched for “{words}”: {count} records.",
                words=SEARCH,
            ),
            hits.total > 0,
        )

    # -- sharing

    def _met(self, mine: Session, theirs: Session) -> Iterator[Step]:
        sharing.make_identity(mine, PERSON)
        sharing.make_identity(theirs, RECIPIENT)
        recipient = sharing.add_person(mine, sharing.card_text(theirs))
        person = sharing.add_person(theirs, sharing.card_text(mine))
        same = recipient.safety_number == person.safety_number
        yield Step(
            tr(
                "{one} and {other} exchanged cards; both see the safety number {number}.",
                one=PERSON,
                other=RECIPIENT,
                number=recipient.safety_number,
            ),
            same,
        )
        sharing.verify_person(mine, RECIPIENT, person.safety_number)
        sharing.verify_person(theirs, PERSON, recipient.safety_number)

    def _shared(self, mine: Session) -> Iterator[Step]:
        seen = sharing.preview(mine, _SELECTION, [RECIPIENT])
        stays = sorted({name for names in seen.left_out.values() for name in names})
        yield Step(
            tr_n(
                seen.count,
                "Chosen to share: {count} record of {total}. Stays here: {fields}.",
                "Chosen to share: {count} records of {total}. Stays here: {fields}.",
                total=f"{sessions.status(mine).records:,}",
                fields=", ".join(stays),
            ),
            seen.count > 0,
        )
        promise = Promise(purpose=tr(PURPOSE), until="2027-12-31")
        made = sharing.share(mine, [RECIPIENT], _SELECTION, promise, self.bundle)
        yield _sealed(made, self.bundle, made.records == seen.count)

    def _seen_from_outside(self) -> Step:
        outside = sharing.inspect(self.bundle)
        return Step(
            tr(
                "Without a key the file tells: version {version}, {size} bytes, {slots} recipient.",
                version=outside.version,
                size=f"{outside.size:,}",
                slots=outside.recipient_slots,
            ),
            outside.recipient_slots == 1,
        )

    def _flipped(self, theirs: Session) -> Step:
        data = bytearray(self.bundle.read_bytes())
        data[len(data) // 2] ^= 1
        damaged = self.folder / "damaged.mdshare"
        damaged.write_bytes(data)
        said = mark("One bit flipped: {sentence} [{code}]")
        return self._must_refuse(theirs, damaged, said, _TAMPERED)

    def _replayed(self, theirs: Session) -> Step:
        said = mark("The same file again: {sentence} [{code}]")
        return self._must_refuse(theirs, self.bundle, said, {"ALREADY_IMPORTED"})

    def _received(self, mine: Session, theirs: Session) -> Iterator[Step]:
        opened = sharing.open_bundle(theirs, self.bundle)
        kept = sharing.accept(theirs, opened)
        written = sharing.export_received(theirs, kept.bundle_id, self.folder / "received")
        yield _kept(opened, kept.records, len(written))
        receipt = sharing.save_receipt(theirs, kept.bundle_id, self.folder)
        acknowledged = sharing.accept(mine, sharing.open_bundle(mine, receipt))
        yield Step(
            tr("The recipient's signed receipt came back."), acknowledged.about == kept.bundle_id
        )

    # -- refusals and the account

    def _must_refuse(self, theirs: Session, path: Path, said: str, codes: set[str]) -> Step:
        before = sessions.status(theirs).records
        try:
            sharing.open_bundle(theirs, path)
        except InputRefused as error:
            sentence = tr(error.title, **error.values)
            unchanged = sessions.status(theirs).records == before
            text = tr(said, sentence=sentence, code=error.code)
            return Step(text, unchanged and error.code in codes)
        return Step(tr(said, sentence=tr("not refused"), code="-"), ok=False)

    def _ledger(self, mine: Session) -> Step:
        chain = sharing.verify_ledger(mine)
        return Step(
            tr_n(
                chain.length,
                "The ledger has {count} entry and its chain holds.",
                "The ledger has {count} entries and its chain holds.",
            ),
            chain.ok and chain.length > 0,
        )

    def _drawn(self, mine: Session, draw: Draw) -> Step:
        self.pictures = draw(mine, self.folder / "pictures")
        return Step(
            tr_n(
                len(self.pictures),
                "{count} picture of the window: {folder}",
                "{count} pictures of the window: {folder}",
                folder=self.folder / "pictures",
            ),
            bool(self.pictures),
        )


def _sealed(made: Shared, bundle: Path, ok: bool) -> Step:
    return Step(
        tr_n(
            made.records,
            "Signed and sealed {count} record: {path}",
            "Signed and sealed {count} records: {path}",
            path=bundle,
        ),
        ok,
    )


def _kept(opened: Opened, records: int, exported: int) -> Step:
    return Step(
        tr_n(
            records,
            "The recipient checked the sender, kept {count} record and exported {files} files.",
            "The recipient checked the sender, kept {count} records and exported {files} files.",
            files=exported,
        ),
        opened.verified and records == opened.records > 0,
    )
