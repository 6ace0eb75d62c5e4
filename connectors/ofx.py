"""OFX, QFX and QBO: statements as banks, card companies and brokers serve them.

Reads OFX 1.x (SGML, values left unclosed), 2.x (XML) and what banks make of both. Nesting is not
trusted: the file is a stream of tags, a tag with text is a value, and the tags that mean a record
open one. Does not live here: the cutting of the text into tags (`connectors.ofx_tags`).

Format source: OFX 1.0.2 to 2.3 (Financial Data Exchange), and files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from connectors.api import Item, Match, Option, Options, Record, Value
from connectors.ofx_tags import HEAD, Tag, date_time, open_tags
from connectors.toolkit import money
from connectors.toolkit.fingerprint import Fingerprints
from connectors.toolkit.receipt import LOOKED_AT, place, problem, read_files
from connectors.toolkit.source import Source
from connectors.toolkit.text import decode_head, one_line

_SUFFIXES: Final = (".ofx", ".qfx", ".qbo")

_STATEMENTS: Final = {"STMTRS": "", "CCSTMTRS": "CREDITCARD", "INVSTMTRS": "INVESTMENT"}
_BALANCES: Final = {"LEDGERBAL": "ledger", "AVAILBAL": "available"}
_CASH: Final = {"AVAILCASH": "cash", "MARGINBALANCE": "margin", "SHORTBALANCE": "short"}
_INVESTMENTS: Final = frozenset(
    (
        *("BUYDEBT", "BUYMF", "BUYOPT", "BUYOTHER", "BUYSTOCK", "CLOSUREOPT", "INCOME"),
        *("INVEXPENSE", "JRNLFUND", "JRNLSEC", "MARGININTEREST", "REINVEST", "RETOFCAP"),
        *("SELLDEBT", "SELLMF", "SELLOPT", "SELLOTHER", "SELLSTOCK", "SPLIT", "TRANSFER"),
    )
)
_HOLDINGS: Final = frozenset({"POSDEBT", "POSMF", "POSOPT", "POSOTHER", "POSSTOCK"})
_RECORDS: Final = frozenset({"STMTTRN", *_BALANCES, *_INVESTMENTS, *_HOLDINGS})
# Groups whose values would be taken for those of the record around them.
_GROUPS: Final = frozenset({"PAYEE", "BANKACCTTO", "CCACCTTO", "CURRENCY", "ORIGCURRENCY"})
_ACCOUNT: Final = frozenset({"BANKID", "BROKERID", "BRANCHID", "ACCTID", "ACCTTYPE", "CURDEF"})
# Banks that number the rows of each download 1, 2, 3 give ids that are none.
_SHORTEST_ID: Final = 5


class Ofx:
    """See the module."""

    id: ClassVar[str] = "ofx.statement"
    title: ClassVar[str] = "Bank, card or broker statement (OFX, QFX)"
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[str]] = frozenset(
        {
            "finance.account",
            "finance.balance",
            "finance.transaction",
            "finance.investment",
            "finance.holding",
        }
    )
    options: ClassVar[tuple[Option, ...]] = ()

    def recognise(self, source: Source) -> Match | None:
        """Claim what opens with an OFX header, or with the OFX element itself."""
        looked_at = source.named(*_SUFFIXES)[:LOOKED_AT]
        path = next((path for path in looked_at if _is_ours(source, path)), None)
        if path is None:
            return None
        head = decode_head(source.head(path))
        found = re.search(r"\bVERSION\s*[:=]\s*[\"']?([0-9])([0-9]{2})\b", head)
        version = f"OFX {found[1]}.{found[2].rstrip('0') or '0'}" if found else "OFX"
        return Match(100 if found else 90, version)

    def read(
        self,
        source: Source,
        options: Options,  # noqa: ARG002 - it has none
        since: str,  # noqa: ARG002 - statements are short; identity makes reading all harmless
    ) -> Iterator[Item]:
        """Yield accounts, balances, transactions, investments and holdings in file order."""
        paths = (path for path in source.named(*_SUFFIXES) if _is_ours(source, path))

        def read_one(path: str) -> Iterator[Item]:
            return _File(source, path).items()

        yield from read_files(source, paths, read_one)


def _is_ours(source: Source, path: str) -> bool:
    return HEAD.match(decode_head(source.head(path))) is not None


class _File:
    """One file being read: the statement it is in, and the record being gathered."""

    def __init__(self, source: Source, path: str) -> None:
        self._source = source
        self._path = path
        # Numbered file by file: where two files of a folder overlap, their rows are the same.
        self._fingerprints = Fingerprints()
        self._bank: dict[str, str] = {}  # ORG, FID
        self._statement: dict[str, str] = {}
        self._accounts: set[tuple[str, ...]] = set()
        self._announced = True
        self._open = ""
        self._group = ""
        self._values: dict[str, str] = {}
        self._count: dict[str, int] = {}
        self._securities: dict[str, tuple[str, str]] = {}

    def items(self) -> Iterator[Item]:
        """Yield what the tags amount to."""
        complete = False
        for tag in open_tags(self._source, self._path):
            yield from self._tag(tag)
            complete = tag.name == "OFX" and tag.closing
        if self._open or not complete:
            # A record still open may be cut in the middle of its amount: it is not kept.
            yield problem(self._spot(self._open or "OFX"), "bad-xml")

    def _tag(self, tag: Tag) -> Iterator[Item]:
        name = tag.name
        if tag.closing:
            if name == self._open or name in _STATEMENTS or name.endswith("LIST"):
                yield from self._finish()
                yield from self._announce()
            elif name == self._group:
                self._group = ""
        elif name in _RECORDS:
            yield from self._finish()
            yield from self._announce()
            self._begin(name)
        elif name in _STATEMENTS and not tag.value:
            yield from self._finish()
            self._statement = {"KIND": name}
            self._announced = False
            if name == "INVSTMTRS" and not self._securities:
                self._securities = _securities(self._source, self._path)
        elif self._open:
            self._inside(tag)
        elif tag.value:
            yield from self._outside(tag)

    def _begin(self, name: str) -> None:
        self._open = name
        self._group = ""
        self._values = {}
        self._count[name] = self._count.get(name, 0) + 1

    def _inside(self, tag: Tag) -> None:
        if tag.name in _GROUPS and not tag.value:
            self._group = tag.name
        elif tag.value:
            name = f"{self._group}.{tag.name}" if self._group else tag.name
            self._values.setdefault(name, tag.value)

    def _outside(self, tag: Tag) -> Iterator[Item]:
        if tag.name in {"ORG", "FID"}:
            self._bank.setdefault(tag.name, tag.value)
        elif tag.name in _ACCOUNT or tag.name == "DTASOF":
            self._statement.setdefault(tag.name, tag.value)
        elif tag.name in _CASH and self._statement:
            self._begin(tag.name)
            self._values = {"BALAMT": tag.value, "DTASOF": self._statement.get("DTASOF", "")}
            yield from self._finish()

    def _finish(self) -> Iterator[Item]:
        name, self._open, self._group = self._open, "", ""
        if not name:
            return
        spot = self._spot(name)
        try:
            yield from self._record(name, spot)
        except _Broken as broken:
            yield problem(spot, broken.code, broken.value)

    def _record(self, name: str, spot: str) -> Iterator[Item]:
        if name == "STMTTRN":
            yield self._transaction(spot)
        elif name in _INVESTMENTS:
            yield self._investment(name, spot)
        elif name in _HOLDINGS:
            yield self._holding(name, spot)
        elif self._values.get("BALAMT"):  # an empty balance is common, and says nothing
            yield self._balance({**_BALANCES, **_CASH}[name], spot)

    def _announce(self) -> Iterator[Record]:
        """Yield the account of the statement, once, as soon as something is found in it."""
        key = self._account_key()
        if self._announced or not self._statement.get("ACCTID"):
            return
        self._announced = True
        if key in self._accounts:
            return
        self._accounts.add(key)
        bank = self._bank.get("ORG") or key[0]
        account = self._statement["ACCTID"]
        yield Record(
            kind="finance.account",
            native_id=self._fingerprints.of("account", *key),
            title=one_line(f"{bank} {account}"),
            data=_present({**self._base(), "name": bank, "type": key[2]}),
            where=self._spot(self._statement["KIND"]),
        )

    def _balance(self, kind: str, spot: str) -> Record:
        amount = self._amount("BALAMT")
        start = self._time("DTASOF", "")
        base = self._base()
        return Record(
            kind="finance.balance",
            native_id=self._fingerprints.of("balance", *self._account_key(), kind, start),
            start=start,
            title=one_line(base["account"]),
            data=_present({**base, "amount": amount, "type": kind}),
            where=spot,
        )

    def _transaction(self, spot: str) -> Record:
        start = self._time("DTPOSTED")
        amount = self._amount("TRNAMT")
        take = self._take
        name, payee = take("NAME") or take("EXTDNAME"), take("PAYEE.NAME")
        check = take("CHECKNUM")
        data = {
            **self._base(take("CURRENCY.CURSYM")),
            "amount": amount,
            "type": take("TRNTYPE"),
            "description": name or payee,
            "name": payee,
            "memo": take("MEMO"),
            "check_number": check if check.strip("0") else "",
        }
        parts = [data["type"], name, data["memo"], check]
        native_id = self._native_id("", start, amount, parts)
        data["reference"] = self._reference()
        return Record(
            kind="finance.transaction",
            native_id=native_id,
            start=start,
            title=one_line(data["description"] or data["memo"] or data["type"]),
            data=_present(data),
            extra=self._extra(),
            where=spot,
        )

    def _investment(self, name: str, spot: str) -> Record:
        start = self._time("DTTRADE")
        total = self._amount("TOTAL", "")
        data = {
            **self._base(self._take("CURRENCY.CURSYM")),
            "amount": total,
            "action": name,
            "description": self._take("MEMO"),
            **self._security(),
            "commission": self._amount("COMMISSION", ""),
            "fees": self._amount("FEES", ""),
        }
        parts = [data["description"], data["security"], data["units"]]
        native_id = self._native_id(name, start, total, parts)
        data["reference"] = self._reference()
        return Record(
            kind="finance.investment",
            native_id=native_id,
            start=start,
            title=one_line(data["name"] or data["security"] or data["description"]),
            data=_present(data),
            extra=self._extra(),
            where=spot,
        )

    def _holding(self, name: str, spot: str) -> Record:
        start = self._time("DTPRICEASOF", "")
        data = {
            **self._base(self._take("CURRENCY.CURSYM")),
            "amount": self._amount("MKTVAL", ""),
            "description": self._take("MEMO"),
            **self._security(),
        }
        lot = [self._values.get(key, "") for key in ("HELDINACCT", "POSTYPE")]
        parts = [name, *self._account_key(), data["security"], *lot, start]
        return Record(
            kind="finance.holding",
            native_id=self._fingerprints.of("holding", *parts),
            start=start,
            title=one_line(data["name"] or data["security"]),
            data=_present(data),
            extra=self._extra(),
            where=spot,
        )

    def _security(self) -> dict[str, str]:
        security = self._take("UNIQUEID")
        name, _ticker = self._securities.get(security, ("", ""))
        units, price = self._amount("UNITS", ""), self._amount("UNITPRICE", "")
        return {"security": security, "name": name, "units": units, "price": price}

    def _native_id(self, action: str, start: str, amount: str, parts: list[str]) -> str:
        """Identify by the bank's id where it is one, else by what the row says.

        The id alone is not enough: some banks use one for two rows of a file, or again later.
        """
        bank_id = self._values.get("FITID", "")
        account = (*self._account_key(), action, start[:10], amount)
        if len(bank_id) >= _SHORTEST_ID:
            return self._fingerprints.of("id", *account, bank_id)
        return self._fingerprints.of("row", *account, *parts)

    def _reference(self) -> str:
        """The bank's own id as it stands, whether or not it can be trusted to be one."""
        return self._take("FITID") or self._take("REFNUM")

    def _account_key(self) -> tuple[str, str, str]:
        own = self._statement
        bank = own.get("BANKID") or own.get("BROKERID") or self._bank.get("FID", "")
        kind = own.get("ACCTTYPE") or _STATEMENTS.get(own.get("KIND", ""), "")
        return bank, own.get("ACCTID", ""), kind

    def _base(self, currency: str = "") -> dict[str, str]:
        own = self._statement
        currency = currency or own.get("CURDEF", "")
        return {"account": own.get("ACCTID", ""), "currency": currency.upper()}

    def _take(self, name: str) -> str:
        """Return a value that has a field of its own, so that it is not kept as extra too."""
        value = self._values.get(name, "")
        self._values[name] = ""
        return value

    def _time(self, name: str, default: str | None = None) -> str:
        text = self._required(name, default)
        try:
            return date_time(text) if text else ""
        except ValueError as error:
            raise _Broken("bad-date", text) from error

    def _amount(self, name: str, default: str | None = None) -> str:
        text = self._required(name, default)
        try:
            return decimal(text) if text else ""
        except ValueError as error:
            raise _Broken("bad-amount", text) from error

    def _required(self, name: str, default: str | None) -> str:
        text = self._take(name)
        if not text and default is None:
            raise _Broken("missing-field", name)
        return text

    def _extra(self) -> str:
        rest = {name: value for name, value in self._values.items() if value}
        return json.dumps(rest, ensure_ascii=False) if rest else ""

    def _spot(self, name: str) -> str:
        number = self._count.get(name)
        return place(self._source, self._path, f"{name} {number}" if number else name)


class _Broken(Exception):
    """The record being gathered lacks something, or makes no sense."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(code)
        self.code = code
        self.value = value


def decimal(text: str) -> str:
    """Read an amount whose decimal sign may be a comma: "200,29" → "200.29".

    "1,234" could be either and is refused; the standard knows no thousands.
    """
    whole, comma, rest = text.rpartition(",")
    if not comma or "." in rest or "," in whole:
        return money.amount(text)
    ambiguous = len(rest) == 3 and re.fullmatch(r"[+-]?[0-9]{1,3}", whole)
    if ambiguous or not re.fullmatch(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]*)", whole):
        raise ValueError(text)
    return money.amount(f"{whole.replace('.', '')}.{rest}")


def _present(data: dict[str, str]) -> dict[str, Value]:
    return {name: value for name, value in data.items() if value}


def _securities(source: Source, path: str) -> dict[str, tuple[str, str]]:
    """Read the names of securities, which come after the statements that mention them."""
    names: dict[str, tuple[str, str]] = {}
    values: dict[str, str] | None = None
    for tag in open_tags(source, path, counted=False):
        if tag.name == "SECINFO":
            if tag.closing and values is not None and "UNIQUEID" in values:
                label = (values.get("SECNAME", ""), values.get("TICKER", ""))
                names[values["UNIQUEID"]] = label
            values = None if tag.closing else {}
        elif values is not None and tag.value:
            values.setdefault(tag.name, tag.value)
    return names
