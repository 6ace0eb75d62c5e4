"""What the computer says, turned into a sentence with a name in it and no path."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from app import errors
from app.i18n import set_language, tr


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EACCES, "no-permission"),
        (errno.EPERM, "no-permission"),
        (errno.EROFS, "read-only"),
        (errno.ENOENT, "not-found"),
        (errno.EISDIR, "is-folder"),
        (errno.ENOTDIR, "not-a-folder"),
        (errno.EEXIST, "exists"),
        (errno.EIO, "io"),
        (errno.EMFILE, "io"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_has_its_sentence(number: int, code: str, language: str) -> None:
    set_language(language)
    found = errors.from_os_error(OSError(number, "secret text", "/there/vault.db"))
    assert (found.code, found.exit_code) == (code, 5)
    for text in (found.title, found.next_step):
        said = tr(text, **found.values)
        assert "someone" not in said
        assert "secret" not in said
        assert (said == text.format(**found.values)) == (language == "en")


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("/there/한글.csv", "한글.csv"),
        (b"/there/data.csv", "data.csv"),
        ("C:\\Users\\someone\\data.csv", "data.csv"),
        ("/there/folder/", "folder"),
        ("data.csv", "data.csv"),
        ("a {0} {name}", "a {0} {name}"),
        ("/there/for tax.part-25a12322", "for tax"),
        ("/there/vault.new-25a12322", "vault"),
        ("/there/.mydata-d302a007-25a12322.part", "mydata-d302a007"),
        ("/there/a.part", "a.part"),
    ],
)
def test_only_the_name_is_quoted(filename: str | bytes, name: str) -> None:
    found = errors.from_os_error(OSError(errno.EACCES, "", filename))
    assert found.values == {"name": name}
    assert tr(found.title, **found.values) == f"“{name}” may not be read or written."


@pytest.mark.parametrize("filename", [None, 7, ""])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, None])
def test_without_a_name_none_is_quoted(filename: object, number: int | None) -> None:
    error = OSError(number, "") if number else OSError("odd")
    error.filename = filename
    found = errors.from_os_error(error)
    assert found.code == "io"
    assert "“" not in tr(found.title, **found.values)


def test_inside_the_guard_only_os_errors_change(tmp_path: Path) -> None:
    with pytest.raises(errors.EnvironmentFailure) as caught, errors.environment():
        (tmp_path / "missing").read_bytes()
    assert caught.value.code == "not-found"
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    with pytest.raises(ValueError, match="other"), errors.environment():
        raise ValueError("other")
    known = errors.InputRefused("code", "Title")
    with pytest.raises(errors.InputRefused) as passed, errors.environment():
        raise known
    assert passed.value is known


def test_exit_codes_are_those_of_the_command_line() -> None:
    assert [
        kind.exit_code
        for kind in (
            errors.UserError,
            errors.UsageError,
            errors.InputRefused,
            errors.CannotUnlock,
            errors.EnvironmentFailure,
            errors.VaultDamaged,
        )
    ] == [1, 2, 3, 4, 5, 6]
    assert not issubclass(errors.Cancelled, errors.UserError)


def test_an_error_shows_its_code_and_nothing_else() -> None:
    error = errors.UserError("code", "Title {x}", "Detail", "Next", x="private")
    assert str(error) == "code"
    assert error.args == ("code",)
