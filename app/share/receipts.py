"""Receipts: a recipient's signed word on what became of a bundle (FORMAT.md 7)."""

from __future__ import annotations

from typing import Final

import msgspec

from app.share import seal
from app.share.identity import Party
from app.share.manifest import Receipt

_STATUS: Final = {"imported": b"\0", "refused": b"\1"}


def statement(receipt: Receipt, recipient: str) -> bytes:
    """The bytes a recipient with that fingerprint signs."""
    code = receipt.code.encode("ascii")
    return b"".join(
        (
            b"mydata/receipt/v1\0",
            bytes.fromhex(receipt.bundle),
            bytes.fromhex(receipt.header),
            bytes.fromhex(receipt.manifest),
            bytes.fromhex(recipient),
            _STATUS[receipt.status],
            receipt.records.to_bytes(8, "big"),
            bytes([len(code)]),
            code,
            receipt.at.encode("ascii"),
        )
    )


def make(
    keys: seal.Keys,
    *,
    bundle: str,
    header: str,
    manifest: str,
    records: int,
    at: str,
    code: str = "",
) -> Receipt:
    """A signed receipt; with `code`, one for a refusal."""
    receipt = Receipt(
        bundle=bundle,
        header=header,
        manifest=manifest,
        status="refused" if code else "imported",
        records=records,
        code=code,
        at=at,
        signature="0" * 128,
    )
    signature = keys.sign(statement(receipt, keys.fingerprint))
    return msgspec.structs.replace(receipt, signature=signature.hex())


def genuine(receipt: Receipt, by: Party) -> bool:
    """Whether `by` signed it."""
    signature = bytes.fromhex(receipt.signature)
    return seal.verify(bytes.fromhex(by.ed), statement(receipt, by.fingerprint), signature)
