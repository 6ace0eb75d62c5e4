"""Which file of a Facebook export holds what, in every layout since 2018.

Lives here: recognising files by whole path components, and by the keys at their top where the name
says nothing. Substrings are never enough: "activity/" would match "your_facebook_activity/".

    2018-2023   posts/your_posts_1.json             comments/comments.json
    2023-2024   your_activity_across_facebook/posts/...
    2024-       your_facebook_activity/posts/...    .../comments_and_reactions/comments.json
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from connectors.facebook import activity, people
from connectors.facebook.people import Reader


class Section(NamedTuple):
    """What a file holds.

    `order` puts posts before the albums and lists that repeat their photos. `is_one`: the file is
    one entry. `is_sure`: the name of such a file occurs in exports of Facebook alone.
    """

    name: str
    reader: Reader
    order: int = 1
    is_one: bool = False
    is_sure: bool = True


_PROFILE: Final = Section("profile", people.profile, is_one=True)
EVENTS: Final = Section("events", activity.event, is_sure=False)
# Threads are read by `.messages`; this reader never is.
MESSAGES: Final = Section("messages", activity.post)
_POSTS: Final = Section("posts", activity.post, 1)
_COMMENTS: Final = Section("comments", activity.comment, is_sure=False)
_REACTIONS: Final = Section("reactions", activity.reaction)
ALBUM: Final = Section("album", activity.album, 2, is_one=True, is_sure=False)
_PHOTOS: Final = Section("photos", activity.photo, 3, is_sure=False)
_SEARCHES: Final = Section("searches", activity.search, is_sure=False)
_CHECK_INS: Final = Section("check-ins", activity.check_in, is_sure=False)


def _connections(kind: str) -> Section:
    return Section("connections", people.connection(kind), is_sure=False)


def _advertisers(kind: str) -> Section:
    return Section("advertisers", people.advertiser(kind), is_sure=False)


_BY_NAME: Final[tuple[tuple[re.Pattern[str], str, Section], ...]] = tuple(
    (re.compile(pattern), parent, section)
    for pattern, parent, section in (
        (r"profile_information\.json", "", _PROFILE),
        (r"your_posts(?:_[0-9]+)?\.json", "", _POSTS),
        (r"your_posts__check_ins__photos_and_videos(?:_[0-9]+)?\.json", "", _POSTS),
        (r"other_people's_posts_to_your_timeline\.json", "", _POSTS),
        (r"group_posts_and_comments\.json", "", _POSTS),
        (r"your_posts_in_groups\.json", "", _POSTS),
        (r"[0-9]+\.json", "album", ALBUM),
        (r"your_uncategorized_photos\.json", "", _PHOTOS),
        (r"your_photos\.json", "", _PHOTOS),
        (r"your_videos\.json", "", _PHOTOS),
        (r"comments\.json", "comments", _COMMENTS),
        (r"comments\.json", "comments_and_reactions", _COMMENTS),
        (r"your_comments_in_groups\.json", "", _COMMENTS),
        (r"posts_and_comments\.json", "likes_and_reactions", _REACTIONS),
        (r"likes_and_reactions(?:_[0-9]+)?\.json", "", _REACTIONS),
        (r"(?:your_)?friends\.json", "", _connections("friend")),
        (r"removed_friends\.json", "", _connections("removed-friend")),
        (r"(?:sent_friend_requests|friend_requests_sent)\.json", "", _connections("request-sent")),
        (
            r"(?:received_friend_requests|friend_requests_received)\.json",
            "",
            _connections("request-received"),
        ),
        (r"rejected_friend_requests\.json", "", _connections("request-rejected")),
        (r"(?:following|who_you_follow|who_you've_followed)\.json", "", _connections("followed")),
        (r"(?:your_group_membership_activity|your_groups)\.json", "", _connections("group")),
        (r"message_[0-9]+\.json", "messages", MESSAGES),
        (r"check-ins\.json", "", _CHECK_INS),
        (r"your_search_history\.json", "", _SEARCHES),
        (r"your_event_responses\.json", "", EVENTS),
        (r"event_invitations\.json", "", EVENTS),
        (r"your_events\.json", "", EVENTS),
        (
            r"advertisers_using_your_activity_or_information\.json",
            "",
            _advertisers("uses-your-information"),
        ),
        (
            r"advertisers_who_uploaded_a_contact_list_with_your_information\.json",
            "",
            _advertisers("uploaded-a-contact-list"),
        ),
        (r"advertisers_you've_interacted_with\.json", "", _advertisers("interacted-with")),
    )
)

# One question instead of thirty: an archive may hold hundreds of thousands of other names.
_ANY_NAME: Final = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in _BY_NAME))

_BY_KEY: Final[dict[str, Section]] = {
    "profile_v2": _PROFILE,
    "friends_v2": _connections("friend"),
    "comments_v2": _COMMENTS,
    "group_comments_v2": _COMMENTS,
    "group_posts_v2": _POSTS,
    "wall_posts_sent_to_you": _POSTS,
    "reactions_v2": _REACTIONS,
    "other_photos_v2": _PHOTOS,
    "videos_v2": _PHOTOS,
    "searches_v2": _SEARCHES,
    "groups_joined_v2": _connections("group"),
    "event_responses_v2": EVENTS,
    "events_invited_v2": EVENTS,
    "your_events_v2": EVENTS,
    "custom_audiences_all_types_v2": _advertisers("uses-your-information"),
    "custom_audiences_v2": _advertisers("uploaded-a-contact-list"),
    "history_v2": _advertisers("interacted-with"),
}
"""Keys that no other service writes: they settle it whatever a localised file is called."""

_NUMBERED: Final = re.compile(r" \([0-9]+\)(?=\.[a-z]+$)")
_TOP_KEYS: Final = re.compile(rb'\{\s*"([A-Za-z0-9_]{2,60})"\s*:')
_FOREIGN: Final = frozenset(
    {"your_instagram_activity", "followers_and_following", "instagram_profile_information.json"}
)
_OWN: Final = frozenset(
    {
        "your_facebook_activity",
        "your_activity_across_facebook",
        "apps_and_websites_off_of_facebook",
    }
)
_HTML: Final = re.compile(
    r"(?:your_posts(?:__check_ins__photos_and_videos)?(?:_[0-9]+)?|message_[0-9]+"
    r"|profile_information|your_friends|friends|start_here)\.html"
)


def by_name(path: str) -> Section | None:
    """Return what a file holds by its name and folders."""
    *folders, name = path.split("/")
    # The parts of one export may each hold a file of this name: the second is called "... (2)".
    name = _NUMBERED.sub("", name)
    if not _ANY_NAME.fullmatch(name):
        return None
    for pattern, parent, section in _BY_NAME:
        # A thread or album taken out of its export has no folders left to know it by.
        alone = section in {MESSAGES, ALBUM} and not folders
        if pattern.fullmatch(name) and (not parent or parent in folders or alone):
            return section
    return None


def by_key(head: bytes) -> Section | None:
    """Return what a file holds by the first key at its top."""
    match = _TOP_KEYS.match(head.removeprefix(b"\xef\xbb\xbf").lstrip())
    return _BY_KEY.get(match[1].decode()) if match else None


def is_own(path: str) -> bool:
    """Say whether a folder of this name exists in exports of Facebook alone."""
    return not _OWN.isdisjoint(path.split("/"))


def is_foreign(path: str) -> bool:
    """Say whether a path belongs to an export of Instagram, which shares much of the layout."""
    return not _FOREIGN.isdisjoint(path.split("/"))


def is_html(path: str) -> bool:
    """Say whether a file belongs to an export that was ordered as HTML."""
    return _HTML.fullmatch(path.rpartition("/")[2]) is not None
