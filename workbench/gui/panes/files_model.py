"""The files tree as a Qt model over our own nodes; folders come when they are opened."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.gui.panes.files_nodes import Node
from workbench.gui.widgets.elide import tooltip_text

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class FilesModel(QAbstractItemModel):
    """Nodes in a tree, one column. Main thread."""

    folders_wanted = Signal(object)
    """A node whose folders are to be asked for; answer with `put_folders`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Node((), "", "")
        self._gone: deque[object] = deque(maxlen=8)
        """Nodes that Qt may still hold an index of for a moment: an index holds a bare pointer."""

    # what Qt asks

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        node = self.node(parent)
        if column == 0 and 0 <= row < len(node.children):
            return self.createIndex(row, 0, node.children[row])
        return QModelIndex()

    def parent(self, index: _Index = _ROOT) -> Any:
        above = self.node(index).parent
        return QModelIndex() if above is None or above is self._root else self.createIndex(above.row, 0, above)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return len(self.node(parent).children)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 1

    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        node = self.node(parent)
        return bool(node.children) or not node.loaded

    def canFetchMore(self, parent: _Index) -> bool:
        return not self.node(parent).loaded

    def fetchMore(self, parent: _Index) -> None:
        node = self.node(parent)
        if not node.loaded:
            node.loaded = True
            self.folders_wanted.emit(node)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        node = self.node(index)
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        enabled = Qt.ItemFlag.ItemIsEnabled
        return enabled | Qt.ItemFlag.ItemIsSelectable if node.choosable else enabled

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.label
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(node.tooltip) if node.tooltip else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(each for each in (node.label, node.spoken or node.count) if each)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return node.tooltip
        return None

    # nodes

    def node(self, index: _Index) -> Node:
        """The node of an index; the root of none."""
        return index.internalPointer() if index.isValid() else self._root

    def index_of(self, node: Node) -> QModelIndex:
        """The index of a node."""
        return QModelIndex() if node is self._root else self.createIndex(node.row, 0, node)

    def nodes(self, below: Node | None = None) -> Iterator[Node]:
        """All nodes that are loaded, from above to below."""
        for each in (below or self._root).children:
            yield each
            yield from self.nodes(each)

    def set_top(self, nodes: Sequence[Node]) -> bool:
        """Show these. Where the tree has the same shape only words change; else true: everything was set anew."""
        if _same_shape(self._root.children, nodes):
            _take_words(self._root.children, nodes)
            self._tell_words(self._root)
            return False
        kept = {each.key: each for each in self.nodes() if each.folder is not None and each.loaded and each.children}
        self.beginResetModel()
        self._gone.append(self._root)
        self._root = Node((), "", "").add(nodes)
        _regain_folders(self._root, kept)
        self.endResetModel()
        return True

    def put_folders(self, node: Node, folders: Sequence[Node]) -> None:
        """The folders of a node came."""
        if _same_shape(node.children, folders):
            _take_words(node.children, folders)
            self._tell_words(node)
            return
        if node.children:
            self.beginRemoveRows(self.index_of(node), 0, len(node.children) - 1)
            self._gone.append(node.children)
            node.children = []
            self.endRemoveRows()
        if not folders:
            return
        self.beginInsertRows(self.index_of(node), 0, len(folders) - 1)
        node.add(folders)
        self.endInsertRows()

    def _tell_words(self, node: Node) -> None:
        if node.children:
            first, last = node.children[0], node.children[-1]
            self.dataChanged.emit(self.index_of(first), self.index_of(last))
            for each in node.children:
                self._tell_words(each)


def _same_shape(old: Sequence[Node], new: Sequence[Node]) -> bool:
    if [each.key for each in old] != [each.key for each in new]:
        return False
    return all(
        _same_shape(before.children, after.children)
        for before, after in zip(old, new, strict=True)
        if after.folder is None
    )


def _take_words(old: Sequence[Node], new: Sequence[Node]) -> None:
    for before, after in zip(old, new, strict=True):
        before.label, before.count, before.tooltip = after.label, after.count, after.tooltip
        before.spoken, before.dim, before.icon, before.values = after.spoken, after.dim, after.icon, after.values
        before.target = after.target
        if after.folder is None:
            _take_words(before.children, after.children)


def _regain_folders(root: Node, kept: dict[tuple[object, ...], Node]) -> None:
    """Folders that were open before keep what was loaded below them."""
    for each in root.children:
        held = kept.get(each.key)
        if held is not None and not each.children:
            each.loaded = True
            each.add(held.children)
        else:
            _regain_folders(each, kept)
