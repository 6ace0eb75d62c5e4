"""UK midata: the current account file that British banks hand out.

Reads the five columns of the 2015 personal current account standard, with its optional preamble
(account number) and footer (arranged overdraft limit). Does not read the four-column files that
First Direct serves under the same file name: the heading decides, never the name.

Format source: the industry standard for midata personal current account files, and files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from connectors.api import Item, Match, Option, Options, Problem, Record, Value
from connectors.toolkit import dates, money
from connectors.toolkit.fingerprint import Fingerprints
from connectors.toolkit.receipt import LOOKED_AT, place, problem, read_files
from connectors.toolkit.source import Source
from connectors.toolkit.table import rows
from connectors.toolkit.text import decode_head, one_line, open_text

HEADING: Final = ["date", "type", "merchant/description", "debit/credit", "balance"]
_ENCODINGS: Final = ("cp1252", "latin-1")
_FOOTER: Final = "arranged overdraft limit"
_DAY_ROWS: Final = 5_000


class UkMidata:
    """See the module. Yields finance.transaction, and finance.balance for the overdraft limit."""

    id: ClassVar[str] = "uk.midata"
    title: ClassVar[str] = "UK midata current account (CSV)"
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[str]] = frozenset({"finance.transaction", "finance.balance"})
    options: ClassVar[tuple[Option, ...]] = ()

    def recognise(self, source: Source) -> Match | None:
        """Claim a table with the five headings of the standard."""
        looked_at = source.named(".csv")[:LOOKED_AT]
        return Match(90, "2015") if any(_is_ours(source, path) for path in looked_at) else None

    def read(
        self,
        source: Source,
        options: Options,  # noqa: ARG002 - it has none
        since: str,  # noqa: ARG002 - read whole each time: identity makes that harmless
    ) -> Iterator[Item]:
        """Yield the rows of every file with the heading."""
        paths = (path for path in source.named(".csv") if _is_ours(source, path))

        def read_one(path: str) -> Iterator[Item]:
            return _File(source, path).items()

        yield from read_files(source, paths, read_one)


def _is_ours(source: Source, path: str) -> bool:
    lines = decode_head(source.head(path)).splitlines()[:10]
    return any(_is_heading(line.replace('"', "").split(",")) for line in lines)


def _is_heading(row: list[str]) -> bool:
    return [field.strip().lower() for field in row[:5]] == HEADING and not any(row[5:])


class _File:
    """One file being read: its account, and the rows of one day waiting to be numbered."""

    def __init__(self, source: Source, path: str) -> None:
        self._source = source
        self._path = path
        # Numbered file by file: where two files of a folder overlap, their rows are the same.
        self._fingerprints = Fingerprints()
        self._account = ""
        self._day: list[tuple[str, list[str], dict[str, Value]]] = []
        self._problems: list[Problem] = []

    def items(self) -> Iterator[Item]:
        inside = False
        with open_text(self._source, self._path, _ENCODINGS) as lines:
            for number, row in rows(lines, self._broken):
                spot = place(self._source, self._path, f"row {number}")
                if _is_heading(row):
                    inside = True
                elif row and row[0].strip().lower().startswith("account number"):
                    self._account = row[1].strip() if len(row) > 1 else ""
                elif inside and any(field.strip() for field in row):
                    yield from self._row(spot, row)
                yield from self._complaints()
        yield from self._flush()
        yield from self._complaints()

    def _row(self, spot: str, row: list[str]) -> Iterator[Item]:
        while len(row) > 5 and not row[-1].strip():
            row.pop()
        fields = [field.strip() for field in row]
        if fields[0].lower().startswith(_FOOTER):
            yield from self._flush()
            yield from self._overdraft(spot, fields[1:])
        elif len(fields) != 5:
            # What starts like a date is a damaged row; anything else is somebody's footer.
            if fields[0][:1].isdigit():
                self._problems.append(problem(spot, "field-count", str(len(fields))))
        else:
            yield from self._transaction(spot, fields)

    def _transaction(self, spot: str, fields: list[str]) -> Iterator[Item]:
        date, kind, description, amount, balance = fields
        try:
            start = dates.day_month_year(date)
        except ValueError:
            self._problems.append(problem(spot, "bad-date", date))
            return
        data: dict[str, Value] = {"account": self._account, "currency": "GBP", "type": kind}
        data["description"] = description
        for name, text in (("amount", amount), ("balance", balance)):
            try:
                data[name] = money.amount(text) if text or name == "amount" else ""
            except ValueError:
                self._problems.append(problem(spot, "bad-amount", text))
                return
        if self._day and (self._day[0][1][0] != start or len(self._day) >= _DAY_ROWS):
            yield from self._flush()
        self._day.append((spot, [start, kind, description], data))

    def _flush(self) -> Iterator[Record]:
        """Number equal rows of a day from the oldest, for the file lists the newest first.

        So a third coffee in tomorrow's file does not rename the two of today's. The balance stays
        out of the identity: banks re-order interest rows, and that changes it.
        """
        ids = [
            self._fingerprints.of(self._account, *parts, str(data["amount"]))
            for _, parts, data in reversed(self._day)
        ]
        for (spot, parts, data), native_id in zip(self._day, reversed(ids), strict=True):
            start, kind, description = parts
            yield Record(
                kind="finance.transaction",
                native_id=native_id,
                start=start,
                # Banks mask names with asterisks, sometimes all of them.
                title=one_line(description if description.strip("* ") else kind),
                data={name: value for name, value in data.items() if value != ""},
                where=spot,
            )
        self._day.clear()

    def _overdraft(self, spot: str, fields: list[str]) -> Iterator[Item]:
        """Read the limit. One bank leaves the date out: `Arranged overdraft limit,£0.00,,,`."""
        values = [field for field in fields if field]
        if not values:
            return
        start = ""
        try:
            if len(values) > 1:
                start = dates.day_month_year(values[0])
            limit = money.amount(values[-1])
        except ValueError:
            self._problems.append(problem(spot, "bad-amount", values[-1]))
            return
        data: dict[str, Value] = {"amount": limit, "currency": "GBP", "type": "overdraft-limit"}
        if self._account:
            data["account"] = self._account
        native_id = self._fingerprints.of("overdraft-limit", self._account, start, limit)
        yield Record(
            "finance.balance",
            native_id,
            start,
            title=one_line(self._account) or _FOOTER.capitalize(),
            data=data,
            where=spot,
        )

    def _broken(self, number: int) -> None:
        self._problems.append(problem(place(self._source, self._path, f"row {number}"), "bad-csv"))

    def _complaints(self) -> Iterator[Problem]:
        yield from self._problems
        self._problems.clear()
