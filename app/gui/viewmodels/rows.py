"""Tables that hold ids only and fetch rows as they come into view.

A million ids are eight megabytes; a block of rows is a few milliseconds. `fetch` is asked for the
ids of one block at a time, newest blocks are kept, and nothing else of the vault stays in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex

T = TypeVar("T")

BLOCK: Final = 64
KEPT_BLOCKS: Final = 64

SUBTITLE_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
ICON_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 2
COLOUR_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 3
SOFT_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 4


def _nothing(_row: object) -> str:
    return ""


class Column(NamedTuple, Generic[T]):
    """One column: what it shows of a row. `width` in pixels, 0 takes what is left.

    `subtitle` is a second, smaller line; `icon` names an icon before the text, in `colour`.
    """

    title: str
    text: Callable[[T], str]
    width: int = 0
    subtitle: Callable[[T], str] = _nothing
    icon: Callable[[T], str] = _nothing
    colour: Callable[[T], str] = _nothing
    right: bool = False
    soft: bool = False


class LazyRows(QAbstractTableModel, Generic[T]):
    """The model: `set_ids` with anything indexable, for example `array("q")`."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        fetch: Callable[[Sequence[int]], Sequence[T]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = list(columns)
        self._fetch = fetch
        self._ids: Sequence[int] = ()
        self._blocks: OrderedDict[int, Sequence[T]] = OrderedDict()

    def set_ids(self, ids: Sequence[int]) -> None:
        """Show other rows; everything fetched before is forgotten."""
        self.beginResetModel()
        self._ids = ids
        self._blocks.clear()
        self.endResetModel()

    def clear(self) -> None:
        """Forget everything, for locking."""
        self.set_ids(())

    def row_at(self, row: int) -> T | None:
        """The row itself, or None if it has gone since."""
        number, within = divmod(row, BLOCK)
        block = self._block(number)
        return block[within] if within < len(block) else None

    def id_at(self, row: int) -> int:
        """The id of a row."""
        return self._ids[row]

    def _block(self, number: int) -> Sequence[T]:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start = number * BLOCK
        block = self._fetch(self._ids[start : start + BLOCK])
        self._blocks[number] = block
        if len(self._blocks) > KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return block

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> object:
        """The columns' titles and their side."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(self.columns[section])
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """One cell."""
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(column)
        if role == SOFT_ROLE:
            return column.soft
        reader = _READERS.get(role)
        if reader is None:
            return None
        row = self.row_at(index.row())
        return "" if row is None else reader(column, row)

    @staticmethod
    def _side(column: Column[T]) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


_READERS: Final[dict[int, Callable[[Column[Any], Any], str]]] = {
    int(Qt.ItemDataRole.DisplayRole): lambda column, row: column.text(row),
    int(Qt.ItemDataRole.AccessibleTextRole): lambda column, row: column.text(row),
    SUBTITLE_ROLE: lambda column, row: column.subtitle(row),
    ICON_ROLE: lambda column, row: column.icon(row),
    COLOUR_ROLE: lambda column, row: column.colour(row),
}


class Grid(QAbstractTableModel):
    """A small table of texts, all in memory."""

    def __init__(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._heads, self._rows = list(heads), [list(row) for row in rows]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns there are."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> object:
        """The titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _grid_side(section)
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """One cell; numbers stand right, the first column left."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _grid_side(index.column())
        return None


def _grid_side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
