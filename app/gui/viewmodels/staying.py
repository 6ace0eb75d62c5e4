"""What does not go out with a share, in a few lines."""

from __future__ import annotations

from typing import Final

from app.gui.viewmodels import wording
from app.gui.viewmodels.choosing import Choosing
from app.gui.viewmodels.lines import label
from app.i18n import tr
from app.services.sharing import Preview

_NAMED: Final = 6


def lines(choosing: Choosing, preview: Preview | None) -> list[str]:
    """Whole domains, kinds, fields, single records, and what never goes out."""
    found = [*_domains(choosing), *_kinds(choosing), *_fields(preview)]
    if choosing.drop:
        found.append(tr("Left out one by one: {count}", count=len(choosing.drop)))
    return [*found, tr("The vault’s keys, the original files and the vault’s record numbers")]


def _domains(choosing: Choosing) -> list[str]:
    whole = [
        wording.domain_title(domain)
        for domain, kinds in choosing.by_domain().items()
        if not choosing.kinds & set(kinds)
    ]
    return [tr("Everything of: {names}", names=_listed(whole))] if whole else []


def _kinds(choosing: Choosing) -> list[str]:
    """Kinds that stay although others of their domain go out."""
    stay = [
        wording.kind_label(kind)
        for kinds in choosing.by_domain().values()
        if choosing.kinds & set(kinds)
        for kind in kinds
        if kind not in choosing.kinds
    ]
    return [tr("These kinds: {names}", names=_listed(stay))] if stay else []


def _fields(preview: Preview | None) -> list[str]:
    if preview is None:
        return []
    names = dict.fromkeys(
        label(kind, name) for kind, left in preview.left_out.items() for name in left
    )
    return [tr("These fields: {names}", names=_listed(list(names)))] if names else []


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return tr("{shown} and {count} more", shown=shown, count=more) if more > 0 else shown
