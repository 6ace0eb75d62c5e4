"""Whom Facebook connects a person with: friends, groups, advertisers, and the profile itself.

Lives here: a reader for the entries of each of these sections, as in `.activity`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.facebook.entries import Context, Draft, Entry, Item, objects

Reader = Callable[[Entry, str, Context], Iterator[Item]]


def connection(kind: str) -> Reader:
    """Return a reader of friends, friend requests, followed pages or groups."""

    def reader(entry: Entry, where: str, context: Context) -> Iterator[Item]:
        draft = Draft("social.connection", entry, where)
        draft.time("timestamp")
        named = draft.take("name") or _inner_name(entry) or draft.take("title")
        draft.title = named
        if kind != "group":
            draft.name(named)
        draft.put("type", kind)
        draft.say_labels()
        yield from draft.record(context.once(draft.kind, kind, named, draft.start, draft.text))

    return reader


def _inner_name(entry: Entry) -> str:
    for item in objects(entry.get("data")):
        if type(item.get("name")) is str:
            return str(item["name"])
    return ""


def advertiser(kind: str) -> Reader:
    """Return a reader of one list of advertisers. Some lists hold bare names; see `named`."""

    def reader(entry: Entry, where: str, context: Context) -> Iterator[Item]:
        draft = Draft("social.advertiser", entry, where)
        draft.time("timestamp")
        draft.title = draft.take("advertiser_name") or draft.take("title") or draft.take("name")
        draft.put("type", draft.take("action") or kind)
        draft.say_labels()
        # Different advertisers share a name, and one was clicked more than once in a second.
        parts = (draft.kind, kind, draft.title, draft.start, str(draft.data["type"]), draft.text)
        yield from draft.record(context.each(*parts))

    return reader


def named(value: object) -> object:
    """Turn a bare name into an entry."""
    return {"name": value} if type(value) is str else value


def profile(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read the profile: name and addresses as fields, everything else word for word."""
    inner = entry.get("profile_v2", entry.get("profile", entry))
    draft = Draft("social.profile", inner if type(inner) is dict else entry, where)
    name = draft.entry.get("name")
    full = name.get("full_name") if type(name) is dict else name
    draft.title = full if type(full) is str else ""
    draft.put("name", draft.title)
    emails = draft.entry.get("emails")
    found = emails.get("emails") if type(emails) is dict else None
    addresses = [text for text in found if type(text) is str] if type(found) is list else []
    draft.put("email", ", ".join(addresses))
    draft.put("url", draft.take("profile_uri"))
    draft.time("registration_timestamp")
    draft.say(draft.take("about_me"))
    yield from draft.record(context.once(draft.kind))
