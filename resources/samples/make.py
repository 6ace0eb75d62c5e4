"""Writes the invented person whose exports the demo imports. `python -m resources.samples.make`.

Narae Winterbourne never was. The files have the shape that banks, utilities, clinics and a social
network give; every name, number and sentence in them is made up here, from 2024-09 to 2026-08. The
same run always gives the same bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

FIRST: Final = date(2024, 9, 1)
LAST: Final = date(2026, 8, 31)


def chance(size: int, *seed: object) -> int:
    """A number below `size` that only depends on `seed`."""
    return zlib.crc32(repr(seed).encode()) % size


def one_of(options: Sequence[T], *seed: object) -> T:
    """One of `options`, the same one for the same `seed`."""
    return options[chance(len(options), *seed)]


def days(step: int = 1) -> Iterator[date]:
    """Every `step`-th day of the story."""
    day = FIRST
    while day <= LAST:
        yield day
        day += timedelta(days=step)


def pence(amount: int) -> str:
    """An amount in hundredths as exact text."""
    return str(Decimal(amount).scaleb(-2))


def seconds(day: date, hour: int = 12, minute: int = 0) -> int:
    """A moment of `day` in UTC, counted from 1970."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp())


# --- The London account: UK midata ----------------------------------------------------------------

_LONDON: Final = (
    ("Contactless Payment", "GREEN LANES BAKERY GB", -380, 460),
    ("Contactless Payment", "CANAL BOOKSHOP GB", -900, 1900),
    ("Visa purchase", "MARKET ROW GROCER GB", -1800, 3200),
    ("Contactless Payment", "NORTH LINE TRAVEL GB", -280, 620),
)


def _london() -> Iterator[tuple[date, str, str, int]]:
    for day in days():
        if day.day == 1:
            yield day, "Direct debit LANTERN MOBILE", "LANTERN MOBILE", -1850
        if day.day == 25:
            yield day, "Bank credit T FERNWICK", "FLAT SHARE REPAID", 42000
        if chance(9, "london", day) == 0:
            kind, place, least, spread = one_of(_LONDON, "shop", day)
            yield day, kind, place, least - chance(spread, "pence", day)


def _pounds(amount: int, *, sign: bool = False) -> str:
    mark = "-" if amount < 0 else "+" if sign else ""
    return f"{mark}£{pence(abs(amount))}"


def midata() -> bytes:
    """A UK current account as its bank gives it: newest first, ISO-8859-1, everything quoted."""
    balance, rows = 30000, []
    for day, kind, text, amount in _london():
        balance += amount
        cells = (f"{day:%d/%m/%Y}", kind, text, _pounds(amount, sign=True), _pounds(balance))
        rows.append(",".join(f'"{cell}"' for cell in cells))
    lines = [
        '"Account Number:","****40718"',
        "",
        '"Date","Type","Merchant/Description","Debit/Credit","Balance"',
        *reversed(rows),
        "",
        '"Arranged Overdraft Limit","31/08/2026","£250.00"',
        "",
    ]
    return "\r\n".join(lines).encode("iso-8859-1")


# --- The Portland account: OFX --------------------------------------------------------------------

_PORTLAND: Final = (
    ("DEBIT", "ROSE CITY MARKET", "groceries", 3400, 6100),
    ("DEBIT", "STUMP AND KETTLE COFFEE", "coffee", 420, 500),
    ("DEBIT", "LARKSPUR PHARMACY", "prescriptions", 900, 2400),
    ("DEBIT", "TIMBER TRANSIT", "bus pass", 280, 500),
    ("DEBIT", "HANOK TABLE RESTAURANT", "dinner with Haesol", 2200, 4600),
)


def _portland() -> Iterator[tuple[date, str, str, str, int]]:
    for day in days():
        if day.day == 1:
            yield day, "DEBIT", "ALDER STREET HOMES", "rent", -148000
        if day.day in (14, 28):
            yield day, "CREDIT", "ST BRIGID CLINIC PAYROLL", "salary", 196540
        if day.day == 9:
            bill = 5200 + chance(4300, "bill", day)
            yield day, "DEBIT", "CASCADE POWER AND LIGHT", "electricity", -bill
        if chance(4, "portland", day) == 0:
            kind, name, memo, least, spread = one_of(_PORTLAND, "where", day)
            yield day, kind, name, memo, -least - chance(spread, "cents", day)


def ofx() -> bytes:
    """A US checking account as a 1.02 statement, tags left open as banks do."""
    entries, balance = [], 210000
    for number, (day, kind, name, memo, amount) in enumerate(_portland(), 1):
        balance += amount
        entries.append(
            f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{day:%Y%m%d}120000[-8:PST]"
            f"<TRNAMT>{pence(amount)}<FITID>PDX{number:06}<NAME>{name}<MEMO>{memo}</STMTTRN>"
        )
    head = [
        *("OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII"),
        *("CHARSET:1252", "COMPRESSION:NONE", "OLDFILEUID:NONE", "NEWFILEUID:NONE", ""),
        "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>",
        "<DTSERVER>20260901080000<LANGUAGE>ENG<FI><ORG>ROSE CITY CREDIT UNION<FID>7718</FI>",
        "</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1",
        "<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD",
        "<BANKACCTFROM><BANKID>323000118<ACCTID>55019027<ACCTTYPE>CHECKING</BANKACCTFROM>",
        f"<BANKTRANLIST><DTSTART>{FIRST:%Y%m%d}<DTEND>{LAST:%Y%m%d}",
    ]
    tail = [
        "</BANKTRANLIST>",
        f"<LEDGERBAL><BALAMT>{pence(balance)}<DTASOF>{LAST:%Y%m%d}</LEDGERBAL>",
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>",
        "",
    ]
    return "\r\n".join([*head, *entries, *tail]).encode("ascii")


# --- The electricity meter: Green Button ----------------------------------------------------------

_ATOM: Final = "http://www.w3.org/2005/Atom"
_ESPI: Final = "http://naesb.org/espi"
_WINTER: Final = (9800, 9200, 7600, 6100, 5200, 5600, 7100, 7400, 5700, 6000, 7900, 9500)
"""Watt hours a day by month: a small flat with electric heating and one summer fan."""


def _entry(number: int, link: str, title: str, content: str) -> str:
    return (
        f"<entry><id>urn:uuid:0b6e51d0-7a1c-4c0e-9d55-{number:012}</id>"
        f'<link rel="self" href="/espi/1_1/resource/{link}"/>'
        f"<title>{title}</title><content>{content}</content>"
        "<published>2026-09-01T08:00:00Z</published><updated>2026-09-01T08:00:00Z</updated></entry>"
    )


def _reading(day: date) -> str:
    used = _WINTER[day.month - 1] - 900 + chance(1800, "power", day)
    cost = used * 14
    return (
        f"<IntervalReading><cost>{cost}</cost><timePeriod><duration>86400</duration>"
        f"<start>{seconds(day, 8)}</start></timePeriod><value>{used}</value></IntervalReading>"
    )


def _blocks(point: str) -> Iterator[str]:
    months: dict[tuple[int, int], list[date]] = {}
    for day in days():
        months.setdefault((day.year, day.month), []).append(day)
    for number, inside in enumerate(months.values(), 1):
        length = 86400 * len(inside)
        yield _entry(
            100 + number,
            f"{point}/MeterReading/01/IntervalBlock/{number:03}",
            "",
            f'<IntervalBlock xmlns="{_ESPI}"><interval><duration>{length}</duration>'
            f"<start>{seconds(inside[0], 8)}</start></interval>"
            f"{''.join(map(_reading, inside))}</IntervalBlock>",
        )


def green_button() -> bytes:
    """Two years of a meter, a reading a day."""
    point = "RetailCustomer/31/UsagePoint/01"
    type_ = (
        f'<ReadingType xmlns="{_ESPI}"><accumulationBehaviour>4</accumulationBehaviour>'
        "<commodity>1</commodity><currency>840</currency><dataQualifier>12</dataQualifier>"
        "<flowDirection>1</flowDirection><intervalLength>86400</intervalLength><kind>12</kind>"
        "<phase>769</phase><powerOfTenMultiplier>0</powerOfTenMultiplier>"
        "<timeAttribute>0</timeAttribute><uom>72</uom></ReadingType>"
    )
    usage = (
        f'<UsagePoint xmlns="{_ESPI}"><ServiceCategory><kind>0</kind></ServiceCategory>'
        "</UsagePoint>"
    )
    local = (
        f'<LocalTimeParameters xmlns="{_ESPI}"><dstEndRule>B40E2000</dstEndRule>'
        "<dstOffset>3600</dstOffset><dstStartRule>360E2000</dstStartRule>"
        "<tzOffset>-28800</tzOffset></LocalTimeParameters>"
    )
    meter = f'<MeterReading xmlns="{_ESPI}"/>'
    entries = [
        _entry(1, point, "14 Alder Street, flat 3", usage),
        _entry(2, "LocalTimeParameters/01", "Pacific time", local),
        _entry(3, f"{point}/MeterReading/01", "Daily use", meter),
        _entry(4, "ReadingType/07", "Energy delivered (Wh)", type_),
    ]
    entries[0] = _linked(entries[0], f"{point}/MeterReading", "LocalTimeParameters/01")
    entries[2] = _linked(entries[2], f"{point}/MeterReading/01/IntervalBlock", "ReadingType/07")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<feed xmlns="{_ATOM}"><id>urn:uuid:0b6e51d0-7a1c-4c0e-9d55-000000000000</id>',
        "<title>Green Button usage</title><updated>2026-09-01T08:00:00Z</updated>",
        *entries,
        *_blocks(point),
        "</feed>",
        "",
    ]
    return "\n".join(lines).encode()


def _linked(entry: str, *targets: str) -> str:
    links = "".join(
        f'<link rel="related" href="/espi/1_1/resource/{target}"/>' for target in targets
    )
    return entry.replace("<title>", f"{links}<title>", 1)


# --- The veterans' clinic: Blue Button text -------------------------------------------------------


def _titled(title: str) -> str:
    return f" {title} ".center(80, "-")


def _section(title: str, *lines: str, own: bool = False) -> list[str]:
    source = "Self-Entered" if own else "VA"
    return ["", _titled(title), "", f"Source: {source}", "", *lines]


_PRESSURES: Final = ("124/79", "128/82", "119/76", "122/80", "131/84", "121/77")


def _vitals() -> Iterator[str]:
    for number, day in enumerate(days(61)):
        pressure = one_of(_PRESSURES, "pressure", day)
        for sign, measured in (
            ("Blood Pressure", f"{pressure} mm[Hg]"),
            ("Pulse", f"{64 + chance(14, 'pulse', day)} /min"),
            ("Body Weight", f"{138 - number // 2} lb"),
        ):
            yield f"Vital Sign:          {sign}"
            yield f"Date/Time Collected: {day:%d %b %Y} @ 0940"
            yield "Location:            PORTLAND RIVERSIDE VA CLINIC"
            yield f"Measurement:         {measured}"
            yield "Comments:            --"
            yield ""


def _medications() -> Iterator[str]:
    for number, name, text, day in (
        (71120, "LISINOPRIL 10MG TAB", "TAKE ONE TABLET EVERY MORNING", "04 Oct 2024"),
        (71564, "CETIRIZINE 10MG TAB", "TAKE ONE TABLET AS NEEDED IN SPRING", "12 Mar 2025"),
        (72981, "VITAMIN D3 1000UNIT TAB", "TAKE ONE TABLET WITH BREAKFAST", "20 Nov 2025"),
    ):
        yield f"Medication:            {name}"
        yield f"Instructions:          {text}"
        yield "Status:                Active"
        yield f"Initially Ordered On:  {day}"
        yield "Quantity:              90"
        yield "Pharmacy:              PORTLAND RIVERSIDE VA CLINIC"
        yield f"Prescription Number:   {number}"
        yield ""


def blue_button() -> bytes:
    """A My HealtheVet report of a former navy nurse."""
    lines = [
        _titled("MY HEALTHEVET PERSONAL INFORMATION REPORT"),
        "                    *************CONFIDENTIAL*************",
        "                    Produced by the VA Blue Button (v12.6)",
        "                               01 Sep 2026 @ 0815",
        "",
        "Name: WINTERBOURNE, NARAE        Date of Birth: 17 May 1991",
        "",
        _titled("DOWNLOAD REQUEST SUMMARY"),
        "",
        "System Request Date/Time:  01 Sep 2026 @ 0815",
        "File Name:                 mhv_WINTERBOURNE_20260901_0815.txt",
        "",
        "Date Range Selected:       01 Sep 2024 to 01 Sep 2026",
    ]
    lines += _section(
        "SELF REPORTED DEMOGRAPHICS",
        "First Name:          Narae",
        "Last Name:           Winterbourne",
        "",
        "Gender:              Female",
        "Date of Birth:       17 May 1991",
        own=True,
    )
    lines += _section("VA MEDICATION HISTORY", *_medications())
    lines += _section(
        "VA ALLERGIES",
        "Allergy Name: PENICILLIN",
        "Location:     PORTLAND RIVERSIDE VA CLINIC",
        "Date Entered: 04 Oct 2024",
        "Reaction:     HIVES",
        "",
        "Allergy Name: TREE POLLEN",
        "Location:     PORTLAND RIVERSIDE VA CLINIC",
        "Date Entered: 12 Mar 2025",
        "Reaction:     SNEEZING, ITCHING WATERING EYES",
    )
    lines += _section(
        "VA PROBLEM LIST",
        "Problem:           Essential hypertension",
        "Date/Time Entered: 04 Oct 2024 @ 1010",
        "Provider:          QUILLFEATHER, IMOGEN",
        "Location:          PORTLAND RIVERSIDE VA CLINIC",
        "Status:            ACTIVE",
    )
    lines += _section(
        "VA IMMUNIZATIONS",
        "Immunization:  INFLUENZA, SEASONAL",
        "Date Received: 09 Oct 2024",
        "Location:      PORTLAND RIVERSIDE VA CLINIC",
        "",
        "Immunization:  TDAP",
        "Date Received: 21 Jan 2026",
        "Location:      PORTLAND RIVERSIDE VA CLINIC",
    )
    lines += _section("VA VITALS AND READINGS", *_vitals())
    lines += ["", _titled("END OF MY HEALTHEVET PERSONAL INFORMATION REPORT"), ""]
    return "\r\n".join(lines).encode("ascii")


# --- The clinic: FHIR -----------------------------------------------------------------------------

_LOINC: Final = "http://loinc.org"
_SNOMED: Final = "http://snomed.info/sct"
_ME: Final = {"reference": "urn:uuid:5d3c0000-0000-4000-8000-000000000001"}


def _coded(system: str, code: str, display: str) -> dict[str, object]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _resource(number: int, type_: str, **fields: object) -> dict[str, object]:
    identifier = f"5d3c0000-0000-4000-8000-{number:012}"
    resource = {"resourceType": type_, "id": identifier, **fields}
    return {"fullUrl": f"urn:uuid:{identifier}", "resource": resource}


def _measured(number: int, day: date, code: str, display: str, value: str, unit: str) -> object:
    return _resource(
        number,
        "Observation",
        status="final",
        category=[{"text": "Laboratory"}],
        code=_coded(_LOINC, code, display),
        subject=_ME,
        effectiveDateTime=f"{day}T09:20:00-08:00",
        valueQuantity={"value": _Number(value), "unit": unit},
    )


class _Number(float):
    """A decimal that JSON writes with the digits it was given: `_Number("21.0")` as 21.0."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


_TESTS: Final = (
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", 176, 30, "mg/dL"),
    ("2339-0", "Glucose [Mass/volume] in Blood", 84, 18, "mg/dL"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 128, 14, "g/L"),
    ("1989-3", "25-hydroxyvitamin D3 [Mass/volume] in Serum", 21, 16, "ng/mL"),
)


def _results() -> Iterator[object]:
    number = 100
    for day in days(30):
        code, display, least, spread, unit = one_of(_TESTS, "test", day)
        tenth = chance(10, "tenth", day)
        value = f"{least + chance(spread, 'value', day)}.{tenth}"
        number += 1
        yield _measured(number, day, code, display, value, unit)


def fhir() -> bytes:
    """A bundle from a clinic's portal, with a Korean name beside the English one."""
    entries: list[object] = [
        _resource(
            1,
            "Patient",
            name=[
                {"use": "official", "family": "Winterbourne", "given": ["Narae"]},
                {"use": "usual", "text": "윤나래"},
            ],
            gender="female",
            birthDate="1991-05-17",
        ),
        _resource(
            2,
            "Condition",
            clinicalStatus=_coded("urn:status", "active", "active"),
            code=_coded(_SNOMED, "38341003", "Hypertensive disorder"),
            subject=_ME,
            onsetDateTime="2024-10-04",
            note=[{"text": "가족력 있음. 저염식과 산책을 권함."}],
        ),
        _resource(
            3,
            "Condition",
            clinicalStatus=_coded("urn:status", "resolved", "resolved"),
            code=_coded(_SNOMED, "195662009", "Acute viral pharyngitis"),
            subject=_ME,
            onsetDateTime="2025-12-02",
        ),
        _resource(
            4,
            "AllergyIntolerance",
            code=_coded(_SNOMED, "91936005", "Allergy to penicillin"),
            patient=_ME,
            recordedDate="2024-10-04",
        ),
    ]
    for number, (day, vaccine) in enumerate(
        (("2024-10-09", "Influenza, seasonal"), ("2025-10-14", "Influenza, seasonal")), 5
    ):
        entries.append(
            _resource(
                number,
                "Immunization",
                status="completed",
                vaccineCode=_coded("http://hl7.org/fhir/sid/cvx", "140", vaccine),
                patient=_ME,
                occurrenceDateTime=day,
            )
        )
    entries += _results()
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return (json.dumps(bundle, ensure_ascii=False, indent=0) + "\n").encode()


# --- The social network ---------------------------------------------------------------------------

_POSTS: Final = (
    "퇴근길 강변 산책. 바람이 벌써 가을이다.",
    "해솔이랑 김치전 부쳤다. 첫 장은 늘 연습이지.",
    "야간 근무 끝! 아침 커피가 이렇게 달 줄이야 ☕",
    "Rain again in Portland. Good day for soup and a long book.",
    "오늘 병동 식구들이 생일 케이크를 준비해 줬다. 눈물 조금.",
    "First run along the river without stopping. Small victories!",
    "엄마가 보내 주신 고춧가루 도착. 올해 김장은 성공 예감.",
    "Tobias visited from London and complained about our tea. Of course.",
    "도서관에서 빌린 시집을 세 번째 연장했다.",
    "Power bill is down again since I fixed the window seals.",
    "봄이 왔나 보다. 산책로에 벚꽃이 폈다 🌸",
    "혈압이 지난달보다 좋아졌다. 걷기의 힘.",
)
_CHAT: Final = (
    ("오해솔", "나래야, 토요일에 장 보러 갈래?"),
    ("Narae Winterbourne", "좋아! 열 시에 로즈시티 마켓 앞에서 보자."),
    ("오해솔", "김치전 재료도 사자 😋"),
    ("Narae Winterbourne", "부침가루는 집에 있어. 쪽파만 사면 돼."),
    ("오해솔", "이번 주 근무 힘들었지? 푹 쉬어."),
    ("Narae Winterbourne", "고마워. 내일은 산책만 할 거야."),
)
_ABROAD: Final = (
    ("Tobias Fernwick", "Did the flat money arrive?"),
    ("Narae Winterbourne", "It did, thank you. See you in spring?"),
    ("Tobias Fernwick", "Wouldn't miss your dumplings."),
)


def _as_exported(value: object) -> object:
    """The network writes the bytes of UTF-8 as if each were a letter; so do we."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [_as_exported(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_exported(item) for key, item in value.items()}
    return value


def _json(value: object) -> bytes:
    return (json.dumps(_as_exported(value), indent=1) + "\n").encode("ascii")


def _posts() -> bytes:
    return _json(
        [
            {
                "timestamp": seconds(day, 4 + chance(16, "hour", day), chance(60, "minute", day)),
                "data": [{"post": _POSTS[number % len(_POSTS)]}],
                "title": "Narae Winterbourne updated her status.",
            }
            for number, day in enumerate(days(12))
        ]
    )


def _thread(title: str, folder: str, lines: Sequence[tuple[str, str]], step: int) -> bytes:
    said = [
        {
            "sender_name": name,
            "timestamp_ms": (seconds(day, 10) + 70 * place) * 1000,
            "content": text,
        }
        for number, day in enumerate(days(step))
        for place, (name, text) in enumerate(lines[number % 2 * (len(lines) // 2) :])
    ]
    people = [{"name": title}, {"name": "Narae Winterbourne"}]
    return _json(
        {
            "participants": people,
            "messages": said[::-1],
            "title": title,
            "is_still_participant": True,
            "thread_path": f"inbox/{folder}",
        }
    )


def _friends() -> bytes:
    names = (
        "오해솔",
        "Tobias Fernwick",
        "Imogen Quillfeather",
        "한별 Castellane",
        "Odalys Penhallow",
    )
    return _json(
        {
            "friends_v2": [
                {"name": name, "timestamp": seconds(FIRST + timedelta(days=40 * number))}
                for number, name in enumerate(names)
            ]
        }
    )


def _comments() -> bytes:
    texts = ("축하해!", "사진 더 올려 줘 😄", "Save me a slice!", "다음엔 같이 가자.")
    return _json(
        {
            "comments_v2": [
                {
                    "timestamp": seconds(day, 13),
                    "title": "Narae Winterbourne commented on 오해솔's post.",
                    "data": [
                        {
                            "comment": {
                                "timestamp": seconds(day, 13),
                                "comment": texts[number % len(texts)],
                                "author": "Narae Winterbourne",
                            }
                        }
                    ],
                }
                for number, day in enumerate(days(45))
            ]
        }
    )


def facebook() -> dict[str, bytes]:
    """A download in JSON, by member name."""
    root = "facebook-narae"
    inside = f"{root}/your_facebook_activity"
    return {
        f"{inside}/posts/your_posts__check_ins__photos_and_videos_1.json": _posts(),
        f"{inside}/comments_and_reactions/comments.json": _comments(),
        f"{inside}/messages/inbox/haesol_100/message_1.json": _thread(
            "오해솔", "haesol_100", _CHAT, 21
        ),
        f"{inside}/messages/inbox/tobias_101/message_1.json": _thread(
            "Tobias Fernwick", "tobias_101", _ABROAD, 60
        ),
        f"{root}/connections/friends/your_friends.json": _friends(),
    }


def everything() -> dict[str, bytes]:
    """All files by their path below this folder."""
    return {
        "midata-london.csv": midata(),
        "checking-portland.ofx": ofx(),
        "greenbutton-portland.xml": green_button(),
        "mhv_WINTERBOURNE_20260901_0815.txt": blue_button(),
        "clinic-fhir.json": fhir(),
        **facebook(),
    }


def main() -> None:
    """Write them beside this file."""
    here = Path(__file__).parent
    for name, data in everything().items():
        target = here / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
