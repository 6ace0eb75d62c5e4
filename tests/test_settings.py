"""Settings survive, never complain, and know where the vault is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import paths, settings
from app.settings import Settings


def test_settings_come_back(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "settings.json"
    liked = Settings(language="ko", theme="dark", scale=130, vault="/data/vault")
    assert settings.save(liked, file)
    assert settings.load(file) == liked
    assert [each.name for each in file.parent.iterdir()] == ["settings.json"]


@given(st.binary(max_size=200))
def test_any_file_gives_settings(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.mktemp("s") / "settings.json"
    file.write_bytes(raw)
    loaded = settings.load(file)
    assert loaded == loaded.sound()


@pytest.mark.parametrize(
    "text",
    [
        '{"scale": 9000}',
        '{"theme": "pink"}',
        '{"language": "xx"}',
        '{"scale": "big"}',
        '{"scale": true}',
        '{"idle": 1e999}',
        '{"idle": null}',
        '{"vault": "\\ud800"}',
        "[" * 100_000,
        "[]",
        "",
    ],
)
def test_nonsense_becomes_the_default(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text, encoding="utf-8")
    loaded = settings.load(file)
    assert loaded in (Settings(), Settings(scale=200))


def test_what_a_newer_program_added_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"theme": "dark", "sound": [1, {}]}', encoding="utf-8")
    assert settings.load(file) == Settings(theme="dark")


def test_a_folder_of_any_name_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    liked = Settings(vault="/data/금고 \udcff")
    assert settings.save(liked, file)
    assert settings.load(file) == liked


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert not settings.save(Settings(), blocked / "settings.json")


def test_the_environment_names_the_vault_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    liked = Settings(vault=str(tmp_path / "last"))
    assert settings.vault_folder(liked) == tmp_path / "last"
    monkeypatch.setenv("MYDATA_VAULT", str(tmp_path / "named"))
    assert settings.vault_folder(liked) == paths.vault_folder() == tmp_path / "named"


def test_the_usual_places_are_under_home(own_home: Path) -> None:
    assert own_home in paths.vault_folder().parents
    assert own_home in paths.settings_file().parents
    assert not paths.vault_folder().exists()


def test_settings_can_live_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MYDATA_CONFIG", str(tmp_path))
    assert settings.save(Settings(theme="light"))
    assert (tmp_path / "settings.json").is_file()
    assert settings.load().theme == "light"
