"""What changed, told to whoever shows it. No Qt: the window turns this into its own signals.

Callbacks run on the thread that published, so a face that lives on another thread queues them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

Callback = Callable[[frozenset[str]], None]

RECORDS: Final = "records"
IMPORTS: Final = "imports"
PEOPLE: Final = "people"
LEDGER: Final = "ledger"
RECEIVED: Final = "received"
IDENTITY: Final = "identity"
NOTICE: Final = "notice"
KEPT: Final = "kept"
"""How well the vault is kept: a backup was made, or one was tried."""


class Events:
    """Subscribers of one open vault."""

    def __init__(self) -> None:
        self._callbacks: list[Callback] = []
        self._lock = threading.Lock()

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call `callback` with the names of what changed; returns how to stop that."""
        with self._lock:
            self._callbacks.append(callback)

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks = [other for other in self._callbacks if other != callback]

        return unsubscribe

    def publish(self, *what: str) -> None:
        """Say what changed."""
        with self._lock:
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback(frozenset(what))
