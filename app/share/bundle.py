"""Writing a bundle: measure, describe, sign, seal (FORMAT.md 4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from app import VERSION
from app.share import hashes, manifest, seal, secretstream
from app.share.hashes import CHUNK
from app.share.identity import Party
from app.share.manifest import Manifest, Part, Sender
from app.share.output import Output
from app.share.parts import Source, Tick, describe
from app.share.refusals import refused

APP: Final = f"mydata-vault {VERSION}"
_ZEROS: Final = bytes(CHUNK)


def check_recipients(recipients: Sequence[Party]) -> list[str]:
    """Fingerprints of recipients as the manifest lists them. Raises for none or too many."""
    listed = sorted({recipient.fingerprint for recipient in recipients})
    if not listed:
        raise refused("NO_RECIPIENT")
    if len(listed) > manifest.MAX_RECIPIENTS:
        raise refused("TOO_MANY_RECIPIENTS", count=len(listed))
    return listed


def draft(
    sender: Party,
    kind: Literal["share", "withdraw", "receipt"],
    stream: str,
    seq: int,
    created: str,
    **more: Any,
) -> Manifest:
    """A manifest as it is before sealing, with a new bundle id. `more` are further fields of it."""
    said: dict[str, Any] = {"purpose": "", "resharing": False, **more}
    return Manifest(
        v=manifest.VERSION,
        min_reader=manifest.VERSION,
        critical=[],
        app=APP,
        bundle=secrets.token_hex(16),
        kind=kind,
        created=created,
        sender=Sender(name=sender.name, ed=sender.ed, x=sender.x, card_seq=sender.card_seq),
        recipients=[],
        stream=stream,
        seq=seq,
        padding=0,
        parts=[],
        **said,
    )


class Delivery(NamedTuple):
    """What is sealed, by whom and for whom. `draft` lacks recipients, parts and padding."""

    draft: Manifest
    recipients: Sequence[Party]
    keys: seal.Keys
    sources: Sequence[Source] = ()


class Sealed(NamedTuple):
    """What was sealed: the manifest, and the two hashes a receipt will name."""

    manifest: Manifest
    header_hash: bytes
    manifest_hash: bytes


def write(path: Path, delivery: Delivery, tick: Tick = lambda _: None) -> Sealed:
    """Seal a delivery into a new file, which is there whole or not at all."""
    check_recipients(delivery.recipients)
    with Output(path) as out:
        return write_to(out, delivery, tick)


def write_to(out: Output, delivery: Delivery, tick: Tick = lambda _: None) -> Sealed:
    """Seal a delivery. `tick` is told every byte twice: measured, then sealed."""
    parts = [describe(source, tick) for source in delivery.sources]
    final, data = complete(delivery.draft, delivery.recipients, parts)
    header_hash = _write_to(out.write, final, data, delivery, tick)
    return Sealed(final, header_hash, hashes.manifest_hash(data))


def complete(
    draft: Manifest, recipients: Sequence[Party], parts: list[Part]
) -> tuple[Manifest, bytes]:
    """The manifest and its bytes, with recipients, parts and padding in place.

    Raises BAD_MANIFEST for what a reader would refuse: it is never written.
    """
    listed = check_recipients(recipients)
    final, data = manifest.padded(msgspec.structs.replace(draft, recipients=listed, parts=parts))
    manifest.parse(data, bytes.fromhex(final.bundle))
    return final, data


def _write_to(
    write: Callable[..., None], final: Manifest, data: bytes, delivery: Delivery, tick: Tick
) -> bytes:
    bundle_id, file_key = bytes.fromhex(final.bundle), secrets.token_bytes(32)
    boxes = {party.fingerprint: bytes.fromhex(party.x) for party in delivery.recipients}
    stanzas = manifest.bucket(len(boxes))
    head = seal.new_header(bundle_id, file_key, list(boxes.values()), stanzas)
    header_hash = hashes.header_hash(head)
    stream = secretstream.Encryptor(seal.stream_key(file_key, bundle_id), header_hash)
    write(head + stream.header)
    write(*stream.frame(data, secretstream.PUSH))
    signed = seal.signed_text(header_hash, hashes.manifest_hash(data))
    write(*stream.frame(delivery.keys.sign(signed), secretstream.PUSH))
    for part, source in zip(final.parts, delivery.sources, strict=True):
        _write_part(write, stream, part, source, tick)
    _write_padding(write, stream, final.padding)
    return header_hash


def _write_part(
    write: Callable[..., None],
    stream: secretstream.Encryptor,
    part: Part,
    source: Source,
    tick: Tick,
) -> None:
    """Seal one part; raises CHANGED_MEANWHILE if it is not what was measured."""
    left, pieces = part.stored, manifest.frames(part.stored)
    for piece in source.pieces():
        if len(piece) != min(CHUNK, left) or not pieces:
            break
        left -= len(piece)
        pieces -= 1
        write(*stream.frame(piece, secretstream.PUSH if pieces == 0 else secretstream.MESSAGE))
        tick(len(piece))
    if left or pieces:
        raise refused("CHANGED_MEANWHILE")


def _write_padding(
    write: Callable[..., None], stream: secretstream.Encryptor, padding: int
) -> None:
    full = manifest.frames(padding) - 1
    for _ in range(full):
        write(*stream.frame(_ZEROS, secretstream.MESSAGE))
    write(*stream.frame(bytes(padding - full * CHUNK), secretstream.FINAL))
