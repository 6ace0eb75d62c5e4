"""Large files of each format, for the memory test: invented, regular, many records.

A function takes the file to write and the number of records to put into it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final


def midata(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("Date,Type,Merchant/Description,Debit/Credit,Balance\n")
        for number in range(count):
            day = date(2024, 12, 31) - timedelta(days=number // 200)
            file.write(f"{day:%d/%m/%Y},VIS,SHOP {number % 977},-£{number % 90}.25,+£40.00\n")


def ofx(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><STMTRS><CURDEF>USD")
        file.write("<BANKACCTFROM><BANKID>1<ACCTID>2</BANKACCTFROM><BANKTRANLIST>")
        for number in range(count):
            file.write(
                f"<STMTTRN><TRNTYPE>POS<DTPOSTED>2024{number % 12 + 1:02}15<TRNAMT>-{number % 99}.5"
                f"<FITID>T{number:09}<NAME>SHOP {number % 977}</STMTTRN>\n"
            )
        file.write("</BANKTRANLIST></STMTRS></OFX>")


def green_button(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>')
        file.write('<ReadingType xmlns="http://naesb.org/espi"><uom>72</uom></ReadingType>')
        file.write('<IntervalBlock xmlns="http://naesb.org/espi">')
        for number in range(count):
            file.write(
                "<IntervalReading><timePeriod><duration>900</duration>"
                f"<start>{1_300_000_000 + 900 * number}</start></timePeriod>"
                f"<value>{number % 997}</value></IntervalReading>\n"
            )
        file.write("</IntervalBlock></content></entry></feed>")


def fhir(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(
                f'{{"resourceType":"Observation","id":"o{number}","status":"final","code":'
                '{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]},'
                f'"effectiveDateTime":"2024-03-01T10:{number % 60:02}:00Z","valueQuantity":'
                f'{{"value":{60 + number % 40}.5,"unit":"/min"}}}}\n'
            )


def facebook(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"participants":[{"name":"A"},{"name":"B"}],"messages":[')
        for number in range(count):
            file.write("," if number else "")
            file.write(
                f'{{"sender_name":"{"AB"[number % 2]}","timestamp_ms":{1_700_000_000_000 + number},'
                f'"content":"message {number}"}}\n'
            )
        file.write('],"title":"A","thread_path":"inbox/a_1"}')


def blue_button(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("--------- MY HEALTHEVET PERSONAL INFORMATION REPORT ---------\n")
        file.write("Produced by the VA Blue Button (v12.6)\n\n")
        file.write("--------- VA VITALS AND READINGS ---------\n\nSource: VA\n\n")
        for number in range(count):
            file.write(
                f"Vital Sign:           Weight\nMeasurement:          {number} lb\n"
                "Date/Time Collected:  07 Jan 2024 @ 1527\n\n"
            )


WRITERS: Final[dict[str, tuple[str, Callable[[Path, int], None]]]] = {
    "uk.midata": ("large.csv", midata),
    "ofx.statement": ("large.ofx", ofx),
    "greenbutton.espi": ("large.xml", green_button),
    "bluebutton.text": ("large.txt", blue_button),
    "fhir.r4": ("large.ndjson", fhir),
    "facebook.export": ("message_1.json", facebook),
}
"""Connector id to file name and writer."""
