"""Cards: the public side of an identity as a short text one can hand over (FORMAT.md 3)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from app.share import canonical, hashes, seal
from app.share.identity import Party, valid_name
from app.share.manifest import Hex32, Instant, Positive
from app.share.refusals import refused

MAX_TEXT: Final = 16_384
MAX_QR_NAME: Final = 24

_BEGIN: Final = b"-----BEGIN MYDATA CARD-----"
_END: Final = b"-----END MYDATA CARD-----"
_BLOCK: Final = re.compile(_BEGIN + rb"([A-Za-z0-9+/=\s]*)" + _END)
_CONTEXT: Final = b"mydata/card/v1\0"
_BASE45: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a card says. It is only ever returned with its signatures checked."""

    v: int
    name: str
    ed: Hex32
    x: Hex32
    created: Instant
    card_seq: Positive
    note: Annotated[str, Meta(max_length=200)] = ""
    prev_ed: Hex32 | msgspec.UnsetType = msgspec.UNSET
    prev_x: Hex32 | msgspec.UnsetType = msgspec.UNSET
    prev_fp: Hex32 | msgspec.UnsetType = msgspec.UNSET

    @property
    def party(self) -> Party:
        """Whose card it is."""
        return Party(self.name, self.ed, self.x, self.card_seq)


class _Version(msgspec.Struct):
    v: int


def looks_like(data: bytes) -> bool:
    """Whether there is the frame of a card in `data`."""
    return _BEGIN in data


def write(
    keys: seal.Keys, name: str, created: str, seq: int = 1, previous: seal.Keys | None = None
) -> str:
    """Make the signed text of a card; with `previous` keys, one that proves to follow them."""
    body = Card(v=1, name=name, ed=keys.ed.hex(), x=keys.x.hex(), created=created, card_seq=seq)
    if previous:
        body = msgspec.structs.replace(
            body,
            prev_ed=previous.ed.hex(),
            prev_x=previous.x.hex(),
            prev_fp=previous.fingerprint,
        )
    data = canonical.encode(body)
    signers = [keys, previous] if previous else [keys]
    signatures = b"".join(each.sign(_CONTEXT + data) for each in signers)
    text = base64.b64encode(bytes([len(signers)]) + signatures + data).decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([_BEGIN.decode(), *lines, _END.decode(), ""])


def read(text: bytes) -> Card:
    """Read and check a card. Raises NOT_A_CARD, NEWER_VERSION or CARD_TAMPERED."""
    count, signatures, body = _split(_unarmour(text))
    card = _decode(body)
    signers = [card.ed] if card.prev_ed is msgspec.UNSET else [card.ed, card.prev_ed]
    good = count == len(signers) and all(
        seal.verify(bytes.fromhex(ed), _CONTEXT + body, signatures[at * 64 : at * 64 + 64])
        for at, ed in enumerate(signers)
    )
    if not good or not seal.usable(bytes.fromhex(card.x)):
        raise refused("CARD_TAMPERED")
    return card


def _unarmour(text: bytes) -> bytes:
    blocks = _BLOCK.findall(text) if len(text) <= MAX_TEXT else []
    if len(blocks) != 1:
        raise refused("NOT_A_CARD")
    try:
        return base64.b64decode(b"".join(blocks[0].split()), validate=True)
    except binascii.Error as error:
        raise refused("CARD_TAMPERED") from error


def _split(data: bytes) -> tuple[int, bytes, bytes]:
    count = data[0] if data else 0
    if count not in {1, 2}:
        raise refused("CARD_TAMPERED")
    end = 1 + 64 * count
    return count, data[1:end], data[end:]


def _decode(body: bytes) -> Card:
    try:
        version = msgspec.json.decode(body, type=_Version).v
        if version != 1:
            raise refused("NEWER_VERSION")
        card = msgspec.convert(canonical.decode(body), Card)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise refused("CARD_TAMPERED") from error
    if not valid_name(card.name) or not _previous_fits(card):
        raise refused("CARD_TAMPERED")
    return card


def _previous_fits(card: Card) -> bool:
    """Whether the earlier keys are all there and fit their fingerprint, or all absent."""
    ed, x, fingerprint = card.prev_ed, card.prev_x, card.prev_fp
    if isinstance(ed, str) and isinstance(x, str):
        return hashes.fingerprint(bytes.fromhex(ed), bytes.fromhex(x)) == fingerprint
    return ed is x is fingerprint is msgspec.UNSET


def qr_text(party: Party) -> str:
    """Text for a QR code: both keys and a short name."""
    name = party.name.encode()[:MAX_QR_NAME].decode("utf-8", "ignore").encode()
    return "MYDATA1:" + _base45(bytes.fromhex(party.ed + party.x) + name)


def _base45(data: bytes) -> str:
    """RFC 9285: two bytes in three characters, a last single byte in two."""
    text = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            text.append(_BASE45[digit])
    return "".join(text)
