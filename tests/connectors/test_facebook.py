"""Facebook: counts of the samples, text repair, every layout, things listed twice, hostile JSON."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Unreadable
from connectors.facebook import documents, layout, legacy
from connectors.facebook.mojibake import repair, repaired
from connectors.registry import by_id
from connectors.toolkit.source import open_source
from tests.connectors.samples import Reading

ID = "facebook.export"


def written(text: str) -> str:
    """Text the way the export spoils it."""
    return text.encode("utf-8").decode("latin-1")


def export(folder: Path, **files: Any) -> Reading:
    """Write files ("posts__your_posts_1" is posts/your_posts_1.json) and read the folder."""
    for name, value in files.items():
        put(folder, name.replace("__", "/") + ".json", value)
    return Reading(ID, folder)


def put(folder: Path, path: str, value: Any) -> None:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def post(text: str = "Hello", timestamp: object = 1_700_000_000, **more: Any) -> dict[str, Any]:
    return {"timestamp": timestamp, "data": [{"post": text}], **more}


def photo(uri: str, **more: Any) -> dict[str, Any]:
    return {"attachments": [{"data": [{"media": {"uri": uri, **more}}]}]}


# --- Samples ------------------------------------------------------------------------------------


@pytest.mark.samples
def test_sample_of_posts_messages_and_an_album(samples: Path) -> None:
    reading = Reading(ID, samples / "facebook" / "kawsay-synthetic")
    records = {member.path: member.records for member in reading.members}
    assert records == {
        "posts/your_posts_1.json": 3,
        "posts/your_posts_2.json": 0,
        "messages/inbox/jose_abc/message_1.json": 3,
        "photos_and_videos/album/0.json": 1,
    }
    assert [(each.where, each.code) for each in reading.problems] == [
        ("posts/your_posts_1.json#/3", "not-an-object"),
        ("posts/your_posts_2.json", "bad-json"),
    ]
    *posts, album = reading.of("social.post")
    assert [each.start for each in posts] == [
        "2023-01-01T00:00:00Z",  # 1672531200
        "2022-08-01T01:00:00Z",  # 1659315600
        "2022-08-02T00:26:40Z",  # 1659400000
    ]
    assert posts[0].text == "Feliz Año Nuevo 🎉 — con José y Жанна"
    assert sum(len(each.files) for each in posts) == 2
    assert (album.title, len(album.files)) == ("Família", 2)
    messages = reading.of("social.message")
    assert {each.data["conversation"] for each in messages} == {"José García"}
    assert sum(len(each.files) for each in messages) == 1
    assert (messages[2].text, messages[2].files) == ("", [])
    people = {str(each.data["author"]) for each in messages}
    assert people == {"José García", "Me"}


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("advertisers_using_your_activity_or_information", 70),
        ("advertisers_who_uploaded_a_contact_list_with_your_information", 55),
        ("advertisers_you've_interacted_with", 63),
    ],
)
def test_sample_of_advertisers(samples: Path, name: str, count: int) -> None:
    folder = samples / "facebook" / "hestia-fake-2022"
    reading = Reading(ID, folder)
    records = {member.path: member.records for member in reading.members}
    assert records[f"ads_information/{name}.json"] == count
    assert len(reading.of("social.advertiser")) == 70 + 55 + 63
    assert not reading.problems
    alone = Reading(ID, folder / "ads_information" / f"{name}.json")
    assert len(alone.of("social.advertiser")) == count


@pytest.mark.samples
def test_sample_of_the_page_of_messages(samples: Path) -> None:
    folder = samples / "facebook" / "legacy-html-2015"
    for place in (folder, folder / "messages_simulated_data.htm"):
        reading = Reading(ID, place)
        messages = reading.of("social.message")
        assert len(messages) == len(reading.records) == 20
        assert len({each.data["conversation"] for each in messages}) == 3
        assert all("author" in each.data for each in messages)
        assert not reading.problems
        assert messages[0].start == "2013-10-04T22:05:00-07:00"


# --- Text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["café", "Müller", "¡Hola!", "Tiếng Việt rất đẹp", "안녕하세요", "plain", "", "☀️ é"]
)
def test_proper_text_is_left_alone(text: str) -> None:
    assert repair(text) == text


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_spoiled_text_is_repaired(text: str) -> None:
    assert repair(written(text)) == text


@given(text=st.text(st.characters()))
def test_what_comes_out_is_text(text: str) -> None:
    repair(text).encode("utf-8")


def test_keys_are_repaired_too() -> None:
    assert repaired({written("é"): [written("ü")]}) == {"é": ["ü"]}


# --- Layouts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("posts/your_posts_1.json", "posts"),
        ("facebook-zo/posts/your_posts_12.json", "posts"),
        ("your_activity_across_facebook/posts/your_posts_1.json", "posts"),
        (
            "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json",
            "posts",
        ),
        ("posts/your_posts_1 (2).json", "posts"),
        ("your_facebook_activity/messages/e2ee_cutover/a_1/message_3.json", "messages"),
        ("messages/archived_threads/a/message_1.json", "messages"),
        ("your_facebook_activity/comments_and_reactions/comments.json", "comments"),
        ("your_facebook_activity/comments_and_reactions/likes_and_reactions.json", "reactions"),
        ("likes_and_reactions/posts_and_comments.json", "reactions"),
        ("connections/friends/your_friends.json", "connections"),
        ("your_facebook_activity/posts/album/7.json", "album"),
        ("your_facebook_activity/posts/check-ins.json", "check-ins"),
        ("logged_information/search/your_search_history.json", "searches"),
        ("personal_information/profile_information/profile_information.json", "profile"),
        ("my_comments/comments.json", ""),
        ("album_of_mine/0.json", ""),
        ("data_logs/content/1/page_1.json", ""),
        ("posts/your_posts_1.json.bak", ""),
    ],
)
def test_files_are_known_by_whole_names(path: str, section: str) -> None:
    found = layout.by_name(path)
    assert (found.name if found else "") == section


def test_a_localised_name_is_known_by_its_key(tmp_path: Path) -> None:
    reading = export(tmp_path, amis__vos_amis={"friends_v2": [{"name": "Ada"}]})
    assert [each.title for each in reading.of("social.connection")] == ["Ada"]


def test_an_album_by_itself_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    put(tmp_path, "0.json", {"name": "A", "photos": [{"uri": "a.jpg", "creation_timestamp": 1}]})
    assert [each.title for each in Reading(ID, tmp_path / "0.json").of("social.post")] == ["A"]
    put(tmp_path, "0.json", {"name": "A", "pictures": []})
    with open_source([tmp_path / "0.json"]) as source:
        assert by_id(ID).recognise(source) is None


def test_instagram_is_somebody_elses(tmp_path: Path) -> None:
    put(tmp_path, "your_instagram_activity/messages/inbox/a/message_1.json", {"messages": []})
    put(tmp_path, "ads_information/advertisers_you've_interacted_with.json", {"history_v2": []})
    with open_source([tmp_path]) as source:
        assert by_id(ID).recognise(source) is None


def test_the_html_version_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "your_facebook_activity/posts/your_posts_1.html", "<html></html>")
    with open_source([tmp_path]) as source:
        assert by_id(ID).recognise(source) is not None
    with pytest.raises(Unreadable) as caught:
        Reading(ID, tmp_path)
    assert caught.value.code == "html-export"


def test_parts_of_one_export_are_read_together(tmp_path: Path) -> None:
    paths = []
    for part, text in enumerate(("first", "second")):
        path = tmp_path / f"part{part}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("posts/your_posts_1.json", json.dumps([post("both"), post(text)]))
        paths.append(path)
    texts = sorted(each.text for each in Reading(ID, *paths).records)
    assert texts == ["both", "first", "second"]


def test_members_are_accounted_for(tmp_path: Path) -> None:
    put(tmp_path, "posts/your_posts_1.json", [post()])
    put(tmp_path, "posts/media/a.jpg", "x")
    put(tmp_path, "preferences/unheard_of.json", {"a_v2": []})
    put(tmp_path, "notes.bin", "x")
    states = {member.path: member.state for member in Reading(ID, tmp_path).members}
    assert states == {
        "posts/your_posts_1.json": "parsed",
        "posts/media/a.jpg": "kept",
        "preferences/unheard_of.json": "unknown",
        "notes.bin": "unknown",
    }


# --- Things listed twice ------------------------------------------------------------------------


def test_the_same_post_twice_is_one(tmp_path: Path) -> None:
    posts = [post("a", **photo("posts/media/x.jpg")), post("b")]
    moved = post("a", **photo("your_facebook_activity/posts/media/x.jpg"))
    reading = export(tmp_path, posts__your_posts_1=posts, posts__your_posts_2=[moved])
    assert [each.text for each in reading.records] == ["a", "b"]


def test_a_photo_is_told_with_its_post(tmp_path: Path) -> None:
    loose = {"other_photos_v2": [{"uri": f"posts/media/{name}.jpg"} for name in "xyz"]}
    album = {"name": "Trip", "photos": [{"uri": "posts/media/y.jpg", "creation_timestamp": 5}]}
    reading = export(
        tmp_path,
        posts__your_uncategorized_photos=loose,
        posts__album__0=album,
        posts__your_posts_1=[post(**photo("posts/media/x.jpg"))],
    )
    files = [[file.path for file in each.files] for each in reading.records]
    assert files == [["posts/media/x.jpg"], ["posts/media/y.jpg"], ["posts/media/z.jpg"]]


def test_an_archived_thread_keeps_its_identity(tmp_path: Path) -> None:
    ids = []
    for box in ("inbox", "archived_threads"):
        thread = {
            "participants": [{"name": "A"}],
            "messages": [{"sender_name": "A", "timestamp_ms": 1_700_000_000_001, "content": "x"}],
            "thread_path": f"{box}/a_1",
        }
        folder = tmp_path / box
        put(folder, f"messages/{box}/a_1/message_1.json", thread)
        ids.append([each.native_id for each in Reading(ID, folder).records])
    assert ids[0] == ids[1] != []


# --- Entries ------------------------------------------------------------------------------------


def test_places_keep_their_digits(tmp_path: Path) -> None:
    text = """[{"timestamp": 1700000000, "attachments": [{"data": [{"place": {"name": "Lake",
        "coordinate": {"latitude": 46.5190, "longitude": -6.60}}}]}]}]"""
    record = export(tmp_path, posts__your_posts_1=text).records[0]
    assert record.data["place"] == "Lake"
    assert (record.data["latitude"], record.data["longitude"]) == ("46.5190", "-6.60")


def test_people_are_named_as_people(tmp_path: Path) -> None:
    tagged = post(tags=[{"name": "Ada"}, "Bo", {"name": 3}])
    record = export(tmp_path, posts__your_posts_1=[tagged]).records[0]
    assert record.data["people"] == ["Ada", "Bo"]


def test_a_bare_object_is_an_entry(tmp_path: Path) -> None:
    place = {"data": [{"place": {"name": "Harbour"}}]}
    entry = {"timestamp": 1_700_000_000, "attachments": [place]}
    reading = export(
        tmp_path,
        your_facebook_activity__posts__check_ins={},
        **{"your_facebook_activity__posts__check-ins": entry},
    )
    assert [each.data for each in reading.of("place.visit")] == [{"place": "Harbour"}]


def test_a_reaction_of_label_and_value_pairs(tmp_path: Path) -> None:
    entry = {
        "timestamp": 1_700_000_000,
        "media": [],
        "label_values": [
            {"label": "Reaktion", "value": "Haha"},
            {"label": "URL", "value": "https://a.example/", "href": "https://a.example/"},
            {"title": "Wer", "dict": [{"label": "Name", "value": "Ada"}]},
        ],
        "fbid": "77",
    }
    path = "your_facebook_activity__comments_and_reactions__likes_and_reactions_1"
    record = export(tmp_path, **{path: [entry, entry]}).records
    assert len(record) == 1
    assert record[0].data == {
        "service": "Facebook",
        "reaction": "HAHA",
        "url": "https://a.example/",
        "people": ["Ada"],
    }
    assert "Ada" not in record[0].text


def test_bad_times_are_problems(tmp_path: Path) -> None:
    posts = [
        post("a", "soon"),
        post("b", -(10**30)),
        post("c", True),
        post("d", 0),
        post("e", None),
    ]
    reading = export(tmp_path, posts__your_posts_1=posts)
    assert [each.start for each in reading.records] == [""] * 5
    assert reading.codes() == ["bad-date"] * 3


@pytest.mark.parametrize("limit", [10, 10_000_000])
def test_large_and_small_files_read_alike(
    tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_SMALL", limit)
    message = {"sender_name": written("José"), "timestamp_ms": 1_700_000_000_000, "content": "x"}
    reading = export(
        tmp_path,
        posts__your_posts_1=[post(written("é"))],
        comments__comments={"comments_v2": [{"timestamp": 1, "title": "t"}]},
        messages__inbox__a__message_1={
            "messages": [message],
            "participants": [{"name": written("José")}, {"name": "Zo"}],
            "title": written("José"),
        },
    )
    assert [each.title for each in reading.of("social.post")] == ["é"]
    assert [each.title for each in reading.of("social.comment")] == ["t"]
    found = reading.of("social.message")[0]
    assert (found.data["conversation"], found.data["people"]) == ("José", ["Zo"])


# --- The page of before 2018 --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Friday, October 4, 2013 at 10:05pm PDT", "2013-10-04T22:05:00-07:00"),
        ("Friday, October 4, 2013 at 12:05am", "2013-10-04T00:05:00"),
        ("Friday, October 4, 2013 at 12:05pm UTC+09", "2013-10-04T12:05:00+09:00"),
        ("Friday, October 4, 2013 at 1:05am UTC+05:30", "2013-10-04T01:05:00+05:30"),
        ("Friday, October 4, 2013 at 1:05am XYZ", "2013-10-04T01:05:00"),
    ],
)
def test_times_of_the_page(text: str, moment: str) -> None:
    assert legacy.moment(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "Friday, October 32, 2013 at 1:05am", "Friday, October 4, 2013 at 13:05pm", "4 octobre"],
)
def test_times_the_page_cannot_mean(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the text itself
        legacy.moment(text)


def test_a_page_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy, "_LONGEST", 1000)
    page = '<div class="thread">A<div class="message_header"></div><!-- ' + "x" * 200_000
    put(tmp_path, "messages.htm", page)
    with pytest.raises(Unreadable) as caught:
        Reading(ID, tmp_path)
    assert caught.value.code == "too-long"


# --- Hostile shapes -----------------------------------------------------------------------------

KEYS = [
    "timestamp", "timestamp_ms", "title", "data", "post", "comment", "reaction", "author", "actor",
    "attachments", "media", "uri", "place", "coordinate", "latitude", "name", "tags", "text",
    "external_context", "url", "label_values", "label", "value", "dict", "vec", "fbid", "photos",
    "share", "link", "sender_name", "content", "participants", "messages", "thread_path", "emails",
    "profile_v2", "start_timestamp", "events_joined", "sticker", "description",
]  # fmt: skip

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=15,
)
PLACES = [
    "posts/your_posts_1.json",
    "posts/album/0.json",
    "posts/your_videos.json",
    "posts/check-ins.json",
    "comments/comments.json",
    "likes_and_reactions/likes_and_reactions_1.json",
    "friends/friends.json",
    "messages/inbox/a/message_1.json",
    "profile_information/profile_information.json",
    "search/your_search_history.json",
    "events/your_event_responses.json",
    "ads_information/advertisers_you've_interacted_with.json",
]


@pytest.mark.parametrize("place", PLACES)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=anything, wrapped=st.booleans())
def test_any_shape_in_any_place_is_survived(
    tmp_path: Path, place: str, value: object, wrapped: bool
) -> None:
    put(tmp_path, place, {"messages": [value], "thing_v2": value} if wrapped else [value])
    put(tmp_path, "posts/your_posts_9.json", [post("sentinel")])
    reading = Reading(ID, tmp_path)
    assert "sentinel" in [each.text for each in reading.of("social.post")]
    ids = [(each.kind, each.native_id) for each in reading.records]
    assert len(set(ids)) == len(ids)
    for each in reading.records:
        assert not each.extra or isinstance(json.loads(each.extra), dict)


@settings(deadline=None)
@given(
    chunks=st.lists(
        st.sampled_from(
            [
                '<div class="thread">', '<div class="message">', "</div>", "<p>", "</p>", "text",
                '<span class="user">', '<span class="meta">', "</span>", "<br>", "&amp;", "<",
                "<!--", "Friday, October 4, 2013 at 10:05pm PDT",
            ]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_any_page_is_survived(chunks: list[str]) -> None:
    import io

    from connectors.facebook.entries import Context

    found = list(legacy.read(io.BytesIO("".join(chunks).encode()), "x", Context()))
    assert all(item.where for item in found)
