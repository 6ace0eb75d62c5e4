"""Identity for things whose source gives them none.

Two equal coffees on one day are two records, and an overlapping export adds none: the fingerprint
is a hash of the stable fields plus the occurrence number among equal ones, in file order.
"""

from __future__ import annotations

from hashlib import blake2b


class Fingerprints:
    """The fingerprints handed out in one reading. Make a new one for every `read`.

    It remembers eight bytes of each, about 70 MB for a million records.
    """

    def __init__(self) -> None:
        self._once: set[int] = set()
        self._more: dict[int, int] = {}

    def of(self, *parts: str) -> str:
        """Return a native id for the thing these parts describe: 32 hex digits, "#", a number.

        Every part is length-prefixed: ("ab", "c") and ("a", "bc") differ. Parts must be what the
        source repeats in every export: no positions, no times of export.
        """
        digest = blake2b(digest_size=16)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        return f"{digest.hexdigest()}#{self._number(digest.digest())}"

    def _number(self, digest: bytes) -> int:
        key = int.from_bytes(digest[:8], "big")
        if key not in self._once:
            self._once.add(key)
            return 1
        self._more[key] = self._more.get(key, 1) + 1
        return self._more[key]
