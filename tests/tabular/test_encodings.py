"""Text files in other encodings than UTF-8 are read where they say so, and else refused with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.tabular import TableError, open_table

TEXT = "id,question\nq1,Où est la lésion?\n"
SETTINGS = ("delimiter", "encoding")


def cells(path: Path, **options: str) -> list[list[str]]:
    table = open_table(path, settings=SETTINGS, **options)  # type: ignore[arg-type]  # of any table
    return [list(row.values.values()) for row in table.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marks_and_utf8_need_no_word(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "q.csv").write_text(TEXT, encoding=encoding)
    assert cells(tmp_path / "q.csv") == [["q1", "Où est la lésion?"]]


@pytest.mark.parametrize(
    "encoding", ["cp1252", "latin-1", "utf-16-le", "utf-16-be", "utf-8", "UTF8", "mac-roman"]
)
def test_an_encoding_that_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "q.csv").write_text(TEXT, encoding=encoding)
    assert cells(tmp_path / "q.csv", encoding=encoding) == [["q1", "Où est la lésion?"]]


@pytest.mark.parametrize(
    ("written", "named", "message"),
    [
        ("cp1252", None, r"line 2, column 2: not UTF-8 \(byte 0xF9\); .*`encoding: cp1252`"),
        ("utf-16-le", None, "NUL bytes.*`encoding: utf-16-le`"),
        ("utf-8", "cp1252", "is sound UTF-8.*leave `encoding` out"),
        ("utf-16", "cp1252", "byte-order mark says utf-16.*leave `encoding` out"),
        ("utf-8", "base64", "no text encoding that Python knows"),
        ("utf-8", "utf9", "no text encoding that Python knows"),
        ("cp1252", "ascii", "not ascii, as which the file is read; set another `encoding`"),
        ("cp1252", "utf-8", "not UTF-8"),
    ],
)
def test_no_encoding_is_guessed(tmp_path: Path, written: str, named: str | None, message: str) -> None:
    (tmp_path / "q.csv").write_text(TEXT, encoding=written)
    with pytest.raises(TableError, match=message):
        cells(tmp_path / "q.csv", **({} if named is None else {"encoding": named}))


@pytest.mark.parametrize(("named", "remedy"), [("latin-1", "cp1252"), ("iso-8859-2", "cp1250")])
def test_dashes_and_quotation_marks_of_windows_are_no_control_characters(
    tmp_path: Path, named: str, remedy: str
) -> None:
    (tmp_path / "q.csv").write_text(f"{TEXT}q2,“Left” or right?\n", encoding=remedy, errors="replace")
    message = rf"q\.csv, line 3, column 2: byte 0x93 is no letter in iso8859.*`encoding: {remedy}`"
    with pytest.raises(TableError, match=message):
        cells(tmp_path / "q.csv", encoding=named)
    assert cells(tmp_path / "q.csv", encoding=remedy)[1] == ["q2", "“Left” or right?"]


def test_a_utf16_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_bytes((TEXT + "q2,x\n").encode("utf-16")[:-3])
    with pytest.raises(TableError, match=r"q\.csv"):
        cells(tmp_path / "q.csv")


@pytest.mark.parametrize("settings", [(), ("delimiter",), ("encoding",), SETTINGS])
@pytest.mark.parametrize(
    "content", [b"a;b\n1;2\n", "a,b\né,1\n".encode("cp1252"), "a,b\n1,2\n".encode("utf-16-le")]
)
def test_no_setting_is_advised_that_there_is_not(
    tmp_path: Path, content: bytes, settings: tuple[str, ...]
) -> None:
    (tmp_path / "q.csv").write_bytes(content)
    with pytest.raises(TableError) as error:
        list(open_table(tmp_path / "q.csv", settings=settings).rows())
    for name in SETTINGS:
        assert (f"`{name}" in str(error.value)) <= (name in settings)


@given(st.text(st.characters(codec="cp1252", exclude_characters='",\r\n\0'), min_size=1).filter(str.strip))
def test_what_cp1252_can_write_is_read_or_refused_and_never_changed(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("cp1252") / "q.csv"
    path.write_bytes(f'a,b\n"{text}",x\n'.encode("cp1252"))
    for options in ({}, {"encoding": "cp1252"}):
        try:
            [[found, _]] = cells(path, **options)
        except TableError:
            continue
        assert found == text or (not options and path.read_bytes().decode("utf-8") == f'a,b\n"{found}",x\n')
