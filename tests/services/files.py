"""Invented export files, in the formats the importer reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

Row = tuple[str, str, str, str]
"""Date, merchant, amount and balance as the bank writes them."""

ROWS: Final[list[Row]] = [
    ("05/03/2024", "Marrow & Vine", "-£12.40", "£187.60"),
    ("06/03/2024", "정오 김밥", "-£7.95", "£179.65"),
    ("31/03/2024", "Salary Tidewell Ltd", "£2,160.00", "£2,339.65"),
]


def midata(path: Path, rows: Sequence[Row] = ROWS) -> Path:
    """A UK midata file."""
    lines = ["Date,Type,Merchant/Description,Debit/Credit,Balance"]
    lines += [f'{day},DEB,"{who}","{amount}","{left}"' for day, who, amount, left in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\r\n".join([*lines, ""]), encoding="utf-8", newline="")
    return path


def many(path: Path, count: int) -> Path:
    """A UK midata file of so many rows, all different."""
    rows = [
        (f"{day % 28 + 1:02}/{day % 12 + 1:02}/{2000 + day % 20}", f"Shop {day}", "-£1.00", "£1.00")
        for day in range(count)
    ]
    return midata(path, rows)


def ofx(path: Path) -> Path:
    """An OFX bank statement with one transaction."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\n"
        "CHARSET:1252\r\nCOMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n"
        "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        "<DTSERVER>20240401120000<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>"
        "<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS>"
        "<CURDEF>USD<BANKACCTFROM><BANKID>000111222<ACCTID>77001<ACCTTYPE>CHECKING"
        "</BANKACCTFROM><BANKTRANLIST><DTSTART>20240301<DTEND>20240331<STMTTRN><TRNTYPE>DEBIT"
        "<DTPOSTED>20240312<TRNAMT>-9.99<FITID>F1<NAME>Lanternfish Books</STMTTRN>"
        "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>",
        encoding="ascii",
        newline="",
    )
    return path
