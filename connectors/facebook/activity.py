"""What a person did on Facebook: posts, photos, comments, reactions, check-ins, searches, events.

Lives here: a reader for the entries of each of these sections. A reader takes one entry and yields
its record; the members that no field holds stay in `extra`. Messages are in `.messages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.facebook.entries import Context, Draft, Entry, Item, labels, objects

_REACTIONS: Final = frozenset(
    {"LIKE", "LOVE", "HAHA", "WOW", "SAD", "SORRY", "ANGER", "ANGRY", "CARE", "SUPPORT"}
)
_HELD_OF_MEDIA: Final = frozenset({"uri", "title", "description"})


def post(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read a post, on one's own timeline or in a group."""
    yield from _once(_posted("social.post", entry, where), context)


def check_in(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read a check-in: a post whose point is the place."""
    draft = _posted("place.visit", entry, where)
    draft.title = str(draft.data.get("place", "")) or draft.title
    draft.data = {
        name: value
        for name, value in draft.data.items()
        if name in {"place", "latitude", "longitude"}
    }
    if draft.people:
        draft.used.discard("tags")
        draft.people = []
    yield from _once(draft, context)


def _posted(kind: str, entry: Entry, where: str) -> Draft:
    draft = Draft(kind, entry, where)
    draft.time("timestamp")
    draft.title = draft.take("title")
    data = list(objects(entry.get("data")))
    for item in data:
        draft.say(item.get("post"))
    if all(item.keys() <= {"post"} for item in data):
        draft.used.add("data")
    attachments(draft)
    tags(draft)
    draft.say_labels()
    return draft


def _once(draft: Draft, context: Context) -> Iterator[Item]:
    names = {file.path.rpartition("/")[2] for file in draft.files}
    native_id = _native_id(draft, context)
    if native_id:
        context.media |= names
    yield from draft.record(native_id)


def _native_id(draft: Draft, context: Context, *more: str) -> str:
    """Return the id that entries carry since 2024, or else what the entry says."""
    value = draft.entry.get("fbid")
    if type(value) is str and value:
        draft.used.add("fbid")
        return context.once("fbid", draft.kind, value)
    return context.once(*draft.id_parts(), *more)


def attachments(draft: Draft) -> None:
    """Take the media, links, places and texts attached to an entry."""
    whole = True
    for attachment in objects(draft.entry.get("attachments")):
        for item in objects(attachment.get("data")):
            whole = _attached(draft, item) and whole
    for media in objects(draft.entry.get("media")):
        draft.attach(media)
    if whole:
        draft.used.add("attachments")


def _attached(draft: Draft, item: Entry) -> bool:
    media, link = item.get("media"), item.get("external_context")
    draft.attach(media)
    draft.locate(item.get("place"))
    draft.say(item.get("text"))
    if type(link) is dict:
        url = link.get("url")
        draft.put("url", url if type(url) is str else "")
        draft.say(link.get("name"))
    return item.keys() == {"media"} and type(media) is dict and media.keys() <= _HELD_OF_MEDIA


def tags(draft: Draft) -> None:
    """Take who is tagged; the layout since 2024 writes bare names."""
    tagged = draft.entry.get("tags")
    for tag in tagged if type(tagged) is list else ():
        draft.name(tag.get("name") if type(tag) is dict else tag)
        draft.used.add("tags")


def photo(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read a photo or video of the list of all; nothing if a post or an album has it already."""
    draft = Draft("social.post", entry, where)
    draft.time("creation_timestamp")
    draft.title = draft.take("title")
    draft.attach(entry)
    draft.used |= {"uri", "description"}
    if draft.files and draft.files[0].path.rpartition("/")[2] in context.media:
        return
    yield from _once(draft, context)


def album(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read an album: one record with its photos attached."""
    draft = Draft("social.post", entry, where)
    draft.title = draft.take("name")
    draft.text = draft.take("description")
    draft.time("last_modified_timestamp")
    times = []
    for media in objects(entry.get("photos")):
        draft.attach(media)
        moment = Draft("", media, where)
        moment.time("creation_timestamp")
        times += [moment.start] if moment.start else []
    draft.end = draft.start if times and max(times) < draft.start else ""
    draft.start = min(times, default=draft.start)
    plain = all(media.keys() <= _HELD_OF_MEDIA for media in objects(entry.get("photos")))
    draft.used |= {"photos"} if plain else set()
    # An album grows: its name and first photo stay.
    context.media |= {file.path.rpartition("/")[2] for file in draft.files}
    yield from draft.record(context.once("album", draft.title, draft.start))


def comment(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read a comment."""
    draft = Draft("social.comment", entry, where)
    draft.time("timestamp")
    draft.title = draft.take("title")
    for item in objects(entry.get("data")):
        inner = item.get("comment")
        if type(inner) is dict:
            draft.say(inner.get("comment"))
            author = inner.get("author")
            draft.put("author", author if type(author) is str else "")
            if inner.keys() <= {"timestamp", "comment", "author"}:
                draft.used.add("data")
    attachments(draft)
    draft.say_labels()
    yield from _once(draft, context)


def reaction(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read a reaction, of the old layout or of label and value pairs."""
    draft = Draft("social.reaction", entry, where)
    draft.time("timestamp")
    draft.title = draft.take("title")
    for item in objects(entry.get("data")):
        inner = item.get("reaction")
        if type(inner) is dict:
            kind, actor = inner.get("reaction"), inner.get("actor")
            draft.put("reaction", kind if type(kind) is str else "")
            draft.put("author", actor if type(actor) is str else "")
            draft.used |= {"data"} if inner.keys() <= {"reaction", "actor"} else set()
    for _, value, _ in labels(entry):
        if value.upper() in _REACTIONS:
            draft.put("reaction", value.upper())
    draft.say_labels()
    yield from draft.record(_native_id(draft, context, *map(str, draft.data.values())))


def search(entry: Entry, where: str, context: Context) -> Iterator[Item]:
    """Read a search."""
    draft = Draft("web.activity", entry, where)
    draft.time("timestamp")
    heading = draft.take("title")
    for part in ("data", "attachments"):
        for item in objects(entry.get(part)):
            draft.say(item.get("text"))
            for inner in objects(item.get("data")):
                draft.say(inner.get("text"))
    draft.say_labels()
    draft.title = draft.text.partition("\n")[0].strip('"') or heading
    yield from draft.record(context.once(*draft.id_parts()))


def event(entry: Entry, where: str, context: Context, answer: str = "") -> Iterator[Item]:
    """Read an event and what was answered to its invitation."""
    draft = Draft("calendar.event", entry, where)
    draft.data = {}
    draft.title = draft.take("name")
    draft.text = draft.take("description")
    draft.time("start_timestamp")
    draft.time("end_timestamp", end=True)
    draft.put("status", answer)
    place = entry.get("place")
    if type(place) is dict and type(place.get("name")) is str:
        draft.put("location", place["name"])
    # The answer may change and the text be edited.
    yield from draft.record(context.once(draft.kind, draft.title, draft.start))
