"""The indexes of the record table, out of the way while an empty vault takes in its first import.

Entering each row into every index as it comes costs more than the rows themselves; sorting at the
end costs a third of that. It all happens inside the import's transaction: whoever looks meanwhile,
or after a kill, sees the indexes in place.
"""

from __future__ import annotations

from app.vault.transaction import Transaction


class Indexes:
    """`put_away` what can be done without, `bring_back` before it is needed and at the end."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._away: list[str] = []

    def put_away(self) -> None:
        """Drop the indexes if there is nothing yet that they could be asked for."""
        if self._away or any(
            self._transaction.one(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 names of ours
            for table in ("record", "version", "tombstone")
        ):
            return
        found = self._transaction.execute(
            "SELECT name, sql FROM sqlite_schema"
            " WHERE type = 'index' AND tbl_name = 'record' AND sql IS NOT NULL"
        ).fetchall()
        for name, sql in found:
            self._transaction.execute(f"DROP INDEX {name}")
            self._away.append(sql)

    def bring_back(self) -> None:
        """Make them again from all the rows there are."""
        for sql in self._away:
            self._transaction.execute(sql)
        self._away.clear()
