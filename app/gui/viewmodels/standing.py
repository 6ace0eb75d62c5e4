"""How the encrypted copy stands, in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from app.errors import UserError
from app.gui.viewmodels import wording
from app.i18n import mark, tr, tr_n

if TYPE_CHECKING:
    from app.gui.viewmodels.devices import DevicesModel, Round
    from app.services.cloud import Conflict, Device, State, Waiting


class Standing(NamedTuple):
    """A word, its tone, an icon and a sentence."""

    word: str
    tone: str
    icon: str
    text: str


_STANDINGS: Final = {
    "busy": Standing(
        mark("Publishing…"),
        "info",
        "upload",
        mark("Changes go to the folder, and what other computers put there is taken in."),
    ),
    "away": Standing(
        mark("Folder not reachable"),
        "warn",
        "warning",
        mark("The folder is not there now. Work goes on; changes are published when it is back."),
    ),
    "removals": Standing(
        mark("Your decision is needed"),
        "warn",
        "warning",
        mark("Nothing is taken in from other computers until you decide about the removals."),
    ),
    "keys": Standing(
        mark("Other keys"),
        "warn",
        "key",
        mark(
            "The keys of this vault were changed on another computer. Its new passphrase brings "
            "this one over to them."
        ),
    ),
    "newer": Standing(
        mark("Newer program needed"),
        "warn",
        "warning",
        mark("Another computer uses a newer MyData Vault. Update this one to take its files in."),
    ),
    "problem": Standing(mark("Something is in the way"), "warn", "warning", ""),
    "waiting": Standing(
        mark("Waiting for files"),
        "info",
        "clock",
        mark("The cloud service is still carrying files. They are taken in as soon as they come."),
    ),
    "behind": Standing(
        mark("Folder is behind"),
        "warn",
        "clock",
        mark(
            "The folder was put back, or is still being brought up to date. Nothing here is lost; "
            "what is missing and known here is published again."
        ),
    ),
    "unpublished": Standing(
        mark("Not published yet"),
        "info",
        "upload",
        mark("There are changes that the folder does not have yet."),
    ),
    "good": Standing(
        mark("Up to date"),
        "good",
        "check-circle",
        mark("Everything of this computer is in the folder, and everything there is here."),
    ),
}

_WAITING: Final = {
    "late": (
        "Waiting for {count} file from {device}.",
        mark("Waiting for {count} files from {device}."),
    ),
    "newer": (
        "{count} file from {device} needs a newer version of MyData Vault.",
        mark("{count} files from {device} need a newer version of MyData Vault."),
    ),
    "keys": (
        "{count} file from {device} is under new keys.",
        mark("{count} files from {device} are under new keys."),
    ),
}
"""Why files are waited for, as one file and as many."""

_PAGES: Final = {
    "person": "people",
    "identity": "people",
    "network": "settings",
    "sent": "consents",
    "received": "inbox",
}
"""Where what there are two versions of can be seen."""

_VERSIONS: Final = {
    "person": mark("Two versions of the card: {title}"),
    "identity": mark("Two versions of your own card"),
    "network": mark("Two versions of the network switch"),
    "sent": mark("Two versions of a share"),
    "received": mark("Two versions of a received bundle"),
    "": mark("Two versions: {title}"),
}


def code(found: Round, *, busy: bool) -> str:
    """Which of the standings it is, the one to act on first; "" while no folder is chosen."""
    state = found.state
    if busy:
        return "busy"
    if state.folder is None:
        return ""
    reasons = {each.why for each in state.waiting}
    checks = (
        ("away", not state.reachable),
        ("removals", bool(found.removals)),
        ("keys", "keys" in reasons),
        ("newer", "newer" in reasons),
        ("problem", found.problem is not None),
        ("waiting", bool(reasons)),
        ("behind", bool(state.behind)),
        ("unpublished", state.unpublished),
    )
    return next((name for name, holds in checks if holds), "good")


def standing(model: DevicesModel) -> Standing | None:
    """How it stands, in the person's language; None while no folder is chosen or nothing known."""
    if model.last is None:
        return None
    found = code(model.last, busy=bool(model.busy) or model.publishing)
    return _told(_STANDINGS[found], model.last.problem) if found else None


def _told(found: Standing, problem: UserError | None) -> Standing:
    text = tr(found.text)
    if not text and problem is not None:
        text = tr(problem.title, **problem.values)
    return Standing(tr(found.word), found.tone, found.icon, text)


def details(state: State) -> list[str]:
    """What is waited for, and which computers' files the folder does not have any more."""
    behind = [
        tr("The folder is behind what is known of {device}.", device=name or _somebody())
        for name in state.behind
    ]
    return [_waiting(each) for each in state.waiting] + behind


def _waiting(each: Waiting) -> str:
    one, many = _WAITING[each.why]
    return tr_n(each.files, one, many, device=each.device or _somebody())


def _somebody() -> str:
    return tr("another computer")


def device_name(device: Device) -> str:
    """What to call a computer."""
    return device.name or (tr("This computer") if device.this else _somebody())


def device_about(device: Device, state: State) -> str:
    """When a computer last put something into the folder; "" where there is none to look into."""
    if not state.reachable:
        return ""
    if not device.seen:
        return tr("Nothing of it is in the folder")
    return tr("Last published {ago}", ago=wording.ago(_local_day(device.seen)))


def _local_day(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().date().isoformat()


def conflict_words(conflict: Conflict) -> tuple[str, str]:
    """What happened, and what it means."""
    title = conflict.title or tr("without a title")
    if conflict.kind == "clock":
        name = conflict.title or _somebody()
        return (
            tr("The clock is more than a day ahead: {device}", device=name),
            tr("Set the clock of that computer. Nothing is lost; the order may look odd."),
        )
    if conflict.kind == "back":
        return (
            tr("Deleted here, edited elsewhere, and back: {title}", title=title),
            tr("Nobody’s work is thrown away. Delete it again if it is not needed."),
        )
    collection = conflict.subject.partition("/")[0]
    sentence = _VERSIONS.get(collection, _VERSIONS[""])
    return (
        tr(sentence, title=title if collection == "person" else conflict.subject),
        tr("Two computers changed it before they met. The later one is shown, the other is kept."),
    )


def conflict_page(conflict: Conflict) -> tuple[str, object]:
    """The page where the thing can be seen and what to tell it; "" for none."""
    if conflict.kind == "back" and conflict.title:
        return "search", conflict.title
    collection = conflict.subject.partition("/")[0] if conflict.kind == "versions" else ""
    return _PAGES.get(collection, ""), None
