"""Messages of a Facebook export: one file or several for each thread.

Lives here: the reader of a thread's entries. Does not live here: the messages of exports before
2018 (`.legacy`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.facebook.entries import Context, Draft, Entry, Item, objects, shortened

_MEDIA: Final = (
    ("photos", "image"),
    ("videos", "video"),
    ("gifs", "image"),
    ("audio_files", "audio"),
    ("files", ""),
    ("sticker", "image"),
)


class Thread:
    """A conversation: what its file says beside the messages."""

    def __init__(self, value: Entry, path: str) -> None:
        participants = [item.get("name") for item in objects(value.get("participants"))]
        self.people = [name for name in participants if type(name) is str and name]
        title = value.get("title")
        self.title = title if type(title) is str and title else ", ".join(self.people)
        place = value.get("thread_path")
        # Threads move between the inbox and the archive: only the last part is theirs.
        whole = place if type(place) is str and place else path.rpartition("/")[0]
        self.id = whole.rpartition("/")[2]

    def message(self, entry: Entry, where: str, context: Context) -> Iterator[Item]:
        """Read a message, also one that was unsent and has no content."""
        draft = Draft("social.message", entry, where)
        draft.time("timestamp_ms")
        draft.put("author", draft.take("sender_name"))
        draft.put("conversation", self.title)
        draft.text = draft.take("content")
        for name, media_type in _MEDIA:
            for media in objects(entry.get(name)):
                draft.attach(media, media_type)
            if all(media.keys() == {"uri"} for media in objects(entry.get(name))):
                draft.used.add(name)
        self._share(draft)
        draft.people = [name for name in self.people if name != draft.data.get("author")]
        draft.title = shortened(draft.text) or self.title
        author = str(draft.data.get("author", ""))
        names = sorted(file.path.rpartition("/")[2] for file in draft.files)
        parts = (draft.kind, self.id, draft.start, author, draft.text, *names)
        yield from draft.record(context.once(*parts))

    @staticmethod
    def _share(draft: Draft) -> None:
        for share in objects(draft.entry.get("share")):
            link = share.get("link")
            draft.put("url", link if type(link) is str else "")
            draft.say(share.get("share_text"))
