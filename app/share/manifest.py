"""The manifest of a bundle: what it says, its limits, and the size of the file it fixes.

FORMAT.md 4 and 5. Reading it (`parse`) comes only after its signature was checked; the one thing
taken before that is the sender's signing key (`peek_signer`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from app.share import canonical, hashes
from app.share.identity import Party, valid_name
from app.share.refusals import refused

VERSION: Final = 1
HEADER_FIXED: Final = 30
STANZA: Final = 84
MAC: Final = 32
STREAM_HEADER: Final = 24
FRAME_OVERHEAD: Final = 4 + 17
SIGNATURE: Final = 64
MAX_MANIFEST: Final = 2**20
MAX_RECIPIENTS: Final = 256
MAX_INFLATED: Final = 8 * 2**30
FREE_RATIO: Final = 64 * 2**20
MAX_RATIO: Final = 200
LEAST_SIZE: Final = 4096

Hex16 = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}\Z")]
Instant = Annotated[
    str, Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z\Z")
]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]\Z")]
Count = Annotated[int, Meta(ge=0, le=canonical.MAX_INTEGER)]
Positive = Annotated[int, Meta(ge=1, le=canonical.MAX_INTEGER)]
Short = Annotated[str, Meta(max_length=200)]


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed. Trust comes from the fingerprint, never from the name."""

    name: str
    ed: Hex32
    x: Hex32
    card_seq: Positive

    @property
    def party(self) -> Party:
        """The same as a `Party`."""
        return Party(self.name, self.ed, self.x, self.card_seq)


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the payload. Lengths in bytes; `digest` is over the stored bytes."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]
    media: Annotated[str, Meta(max_length=100)]
    schema: Annotated[str, Meta(max_length=100)] = ""
    title: Short = ""
    coding: Literal["none", "zlib"]
    raw: Count
    stored: Count
    digest: Hex32


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms agreed on and their hash."""

    text: Annotated[str, Meta(max_length=20_000)]
    hash: Hex32


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender says was selected."""

    kinds: list[str]
    since: str
    until: str
    sources: list[str]
    fields: dict[str, list[str]]
    counts: dict[str, Count]
    records: Count
    transforms: list[str]


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recipient's signed word on what became of a bundle (FORMAT.md 7)."""

    bundle: Hex16
    header: Hex32
    manifest: Hex32
    status: Literal["imported", "refused"]
    records: Count
    code: Annotated[str, Meta(pattern=r"^[A-Z_]{0,40}\Z")] = ""
    at: Instant
    signature: Hex64


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """The bundle a sender asks back."""

    bundle: Hex16


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything a bundle says about itself. The sender's signature covers its bytes."""

    v: int
    min_reader: int
    critical: list[str]
    app: Annotated[str, Meta(max_length=80)]
    bundle: Hex16
    kind: Literal["share", "withdraw", "receipt"]
    created: Instant
    expires: Day | msgspec.UnsetType = msgspec.UNSET
    sender: Sender
    recipients: Annotated[list[Hex32], Meta(min_length=1, max_length=MAX_RECIPIENTS)]
    stream: Hex16
    seq: Positive
    supersedes: Hex16 | msgspec.UnsetType = msgspec.UNSET
    purpose: Annotated[str, Meta(max_length=2000)]
    resharing: bool
    terms: Terms | msgspec.UnsetType = msgspec.UNSET
    selection: Chosen | msgspec.UnsetType = msgspec.UNSET
    withdraw: Withdrawal | msgspec.UnsetType = msgspec.UNSET
    receipt: Receipt | msgspec.UnsetType = msgspec.UNSET
    padding: Count
    parts: Annotated[list[Part], Meta(max_length=10_000)]


class _SenderKey(msgspec.Struct):
    ed: Hex32


class _Signer(msgspec.Struct):
    sender: _SenderKey


class _Ages(msgspec.Struct):
    v: int
    min_reader: int
    critical: list[str]
    kind: str


_BODY: Final = {"share": "selection", "withdraw": "withdraw", "receipt": "receipt"}
_KNOWN: Final = frozenset(Manifest.__struct_fields__)


def peek_signer(data: bytes) -> bytes:
    """Take the signing key out of manifest bytes that nobody vouches for yet."""
    try:
        return bytes.fromhex(msgspec.json.decode(data, type=_Signer).sender.ed)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise refused("BAD_MANIFEST") from error


def parse(data: bytes, bundle_id: bytes) -> Manifest:
    """Read signed manifest bytes. Raises NEWER_VERSION, BAD_MANIFEST or TERMS_MISMATCH."""
    try:
        _check_age(msgspec.json.decode(data, type=_Ages))
        manifest = msgspec.convert(canonical.decode(data), Manifest)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise refused("BAD_MANIFEST") from error
    if not _consistent(manifest, bundle_id):
        raise refused("BAD_MANIFEST")
    if manifest.terms and hashes.terms_hash(manifest.terms.text) != manifest.terms.hash:
        raise refused("TERMS_MISMATCH")
    return manifest


def _check_age(ages: _Ages) -> None:
    known = ages.v == VERSION and 0 <= ages.min_reader <= VERSION and ages.kind in _BODY
    if not known or not _KNOWN.issuperset(ages.critical):
        raise refused("NEWER_VERSION")


def _consistent(manifest: Manifest, bundle_id: bytes) -> bool:
    """Check what no single field's type can."""
    bodies = [name for name in _BODY.values() if getattr(manifest, name) is not msgspec.UNSET]
    names = [part.name for part in manifest.parts]
    return (
        manifest.bundle == bundle_id.hex()
        and bodies == [_BODY[manifest.kind]]
        and valid_name(manifest.sender.name)
        and _is_time(manifest.created)
        and _is_time(text_or(manifest.expires, "2000-01-01"))
        and manifest.recipients == sorted(set(manifest.recipients))
        and len(names) == len(set(names))
        and names[:1] == (["records.jsonl"] if manifest.kind == "share" else [])
        and all(_part_is_sound(part) for part in manifest.parts)
    )


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _part_is_sound(part: Part) -> bool:
    if part.coding == "none":
        return part.raw == part.stored
    return part.raw <= MAX_INFLATED and (
        part.raw <= FREE_RATIO or part.raw <= MAX_RATIO * part.stored
    )


def bucket(recipients: int) -> int:
    """Number of stanzas for so many recipients: the next power of two."""
    return 1 << max(0, recipients - 1).bit_length()


def frames(length: int) -> int:
    """How many frames carry `length` bytes."""
    return max(1, -(-length // hashes.CHUNK))


def _carried(length: int) -> int:
    return length + FRAME_OVERHEAD * frames(length)


def file_size(manifest: Manifest, manifest_length: int) -> int:
    """Size in bytes of the whole file that this manifest fixes."""
    return (
        HEADER_FIXED
        + STANZA * bucket(len(manifest.recipients))
        + MAC
        + STREAM_HEADER
        + manifest_length
        + SIGNATURE
        + 2 * FRAME_OVERHEAD
        + sum(_carried(part.stored) for part in manifest.parts)
        + _carried(manifest.padding)
    )


def padme(size: int) -> int:
    """Round `size` up to the next Padmé number, from 4,096 on."""
    size = max(size, LEAST_SIZE)
    exponent = size.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-size // step) * step


def padded(manifest: Manifest) -> tuple[Manifest, bytes]:
    """Choose the padding. Returns the manifest and its bytes."""
    manifest = msgspec.structs.replace(manifest, padding=0)
    target = padme(_size(manifest))
    while (fitted := _fit(manifest, target)) is None:
        target = padme(target + 1)
    data = canonical.encode(fitted)
    if len(data) > MAX_MANIFEST:
        raise refused("TOO_MUCH_DESCRIPTION")
    return fitted, data


def _size(manifest: Manifest) -> int:
    return file_size(manifest, len(canonical.encode(manifest)))


def _fit(manifest: Manifest, target: int) -> Manifest | None:
    """Find the padding that makes the file exactly `target` bytes long, if there is one."""
    padding = target - _size(manifest)
    for _ in range(8):
        if padding < 0:
            return None
        tried = msgspec.structs.replace(manifest, padding=padding)
        missing = target - _size(tried)
        if missing == 0:
            return tried
        padding += missing
    return None


def text_or(value: str | msgspec.UnsetType, default: str = "") -> str:
    """The text of an optional field."""
    return value if isinstance(value, str) else default
