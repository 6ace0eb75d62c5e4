"""Ways to say less: coarser dates and amounts, stable pseudonyms, nothing at all.

year month day   cut a time ("2026-11-03T10:20:00" to "2026-11")
round:N          the nearest multiple of N, halves to the even one ("23.40" to "20" for round:10)
pseudonym        another word for the same value, the same for the same recipients
omit             leave it out
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import partial
from typing import Any, Final

from app.share.refusals import refused
from connectors.kinds import Kind

Change = Callable[[Any], Any]

_CUTS: Final = {"year": 4, "month": 7, "day": 10}
_STEP: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_EXACT: Final = Context(prec=100)
_TEXTS: Final = frozenset({"text", "code", "list", "url"})
_BESIDE: Final = {"start": "date", "end": "date", "title": "text", "text": "text"}


def _types(kind: Kind) -> dict[str, str]:
    return {**{field.name: field.type for field in kind.fields}, **_BESIDE}


def _split(transform: str) -> tuple[str, str, str]:
    """("finance.transaction" or "", field, how)."""
    name, _, how = transform.partition("=")
    kind, _, field = name.rpartition(".")
    return kind, field, how


def changes(transforms: Iterable[str], kind: Kind, secret: bytes) -> dict[str, Change]:
    """Field name to what is done to it, for the transforms that concern `kind`."""
    types, found = _types(kind), {}
    for transform in transforms:
        where, field, how = _split(transform)
        if where in {"", kind.name, kind.domain} and field in types:
            found[field] = _change(transform, types[field], field, how, secret)
    return found


def check(transforms: Iterable[str], kinds: Sequence[Kind]) -> None:
    """Refuse a transform that concerns no chosen kind. Raises BAD_SELECTION."""
    for transform in transforms:
        where, field, _ = _split(transform)
        if not any(
            where in {"", kind.name, kind.domain} and field in _types(kind) for kind in kinds
        ):
            raise refused("BAD_SELECTION", what=transform)


def _change(transform: str, type_: str, field: str, how: str, secret: bytes) -> Change:
    if how == "omit":
        return _omit
    if how in _CUTS and type_ == "date":
        return partial(_cut, _CUTS[how])
    step = how.removeprefix("round:")
    if step != how and type_ in {"decimal", "integer"} and _STEP.fullmatch(step) and Decimal(step):
        return partial(_round, Decimal(step))
    if how == "pseudonym" and type_ in _TEXTS:
        return partial(_pseudonym, secret, field)
    raise refused("BAD_SELECTION", what=transform)


def _omit(_: Any) -> str:
    return ""


def _cut(length: int, value: str) -> str:
    return value[:length]


def _round(step: Decimal, value: Any) -> Any:
    """The nearest multiple; text stays text, an integer stays an integer where it can."""
    times = _EXACT.divide(Decimal(value), step).quantize(
        Decimal(1), rounding=ROUND_HALF_EVEN, context=_EXACT
    )
    rounded = _EXACT.multiply(times, step) + 0
    if isinstance(value, int):
        return int(rounded)
    return f"{rounded:f}"


def _pseudonym(secret: bytes, field: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_pseudonym(secret, field, item) for item in value]
    digest = hashlib.blake2b(
        f"{field}\0{value}".encode(), digest_size=10, key=secret, person=b"mydata-pseudo-v1"
    ).digest()
    return "p-" + base64.b32encode(digest).decode("ascii").lower()
