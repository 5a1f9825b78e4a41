"""Consent arrives at its file, or somebody is told."""

import unicodedata
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.files.skipped import Skipped, SkippedKind
from tasks.stages.photograph_folder.notes_join import join_notes
from tasks.stages.photograph_folder.notes_table import NoteRow

NFC, NFD = (unicodedata.normalize(form, "Zoë.png") for form in ("NFC", "NFD"))


def joined(rows, files):
    """The name in its row by file, and what is said of the others."""
    notes = [NoteRow(line, name, {"consent": "ok"}) for line, name in enumerate(rows, start=2)]
    found = join_notes(notes, files, Path("photographs.csv"))
    return {file: row.name for file, row in found.of_file.items()}, found.skipped


def test_the_two_forms_of_an_accent_are_two_strings():
    assert NFC != NFD


@pytest.mark.parametrize(
    ("row", "file"),
    [
        ("a.jpg", "a.jpg"),
        (NFC, NFD),
        (NFD, NFC),
        ("./a.jpg", "a.jpg"),
        ("sub//a.jpg", "sub/a.jpg"),
        ("sub/./a.jpg", "sub/a.jpg"),
        ("sub\\a.jpg", "sub/a.jpg"),
        (".\\sub\\" + NFC, "sub/" + NFD),
        (" a.jpg ", "a.jpg"),
        ("a.jpg", " a.jpg"),
        ("sub/../a.jpg", "a.jpg"),
        ("caf\\xe9.png", "caf\\xe9.png"),
        ("./caf\\xe9.png", "caf\\xe9.png"),
    ],
)
def test_names_that_look_the_same_are_the_same(row, file):
    assert joined([row], [file, "other.jpg"]) == ({file: row}, [])


def test_case_is_the_last_resort_and_said():
    found, said = joined(["IMG_1.JPG"], ["img_1.jpg", "img_2.jpg"])
    assert found == {"img_1.jpg": "IMG_1.JPG"}
    assert said == [Skipped(SkippedKind.LOOSELY_MATCHED_NOTE, "IMG_1.JPG")]


def test_a_file_that_has_its_row_takes_no_other_by_case():
    found, said = joined(["a.jpg", "A.JPG"], ["a.jpg"])
    assert found == {"a.jpg": "a.jpg"}
    assert said == [Skipped(SkippedKind.UNMATCHED_NOTE, "A.JPG")]


def test_rows_about_no_file_are_named():
    found, said = joined(["a.jpg", "gone.jpg", "", "/a.jpg", "x\x1b[2J"], ["a.jpg"])
    assert found == {"a.jpg": "a.jpg"}
    assert [name for _, name in said] == ["gone.jpg", "line 4, without a name", "/a.jpg", "x\\x1b[2J"]
    assert {kind for kind, _ in said} == {SkippedKind.UNMATCHED_NOTE}


def test_twins_are_told_apart_by_their_exact_names():
    assert joined([NFD, NFC], [NFC, NFD]) == ({NFC: NFC, NFD: NFD}, [])


@pytest.mark.parametrize(
    ("rows", "files", "told"),
    [
        (["a.jpg", "a.jpg"], ["a.jpg"], r"one row about each file, got lines 2 and 3 about a\.jpg"),
        (["a.jpg", "./a.jpg"], ["a.jpg"], "got lines 2 and 3"),
        ([NFC, NFD], [NFC], "got lines 2 and 3"),
        (["./" + NFC], [NFC, NFD], "got line 2, which fits"),
        (
            ["A.jpg"],
            ["a.jpg", "a.JPG"],
            r"got line 2, which fits a\.jpg and a\.JPG: write the name as the file",
        ),
        (["A.jpg", "A.JPG"], ["a.jpg"], "got lines 2 and 3"),
    ],
)
def test_what_is_not_clear_is_refused(rows, files, told):
    with pytest.raises(InputError, match=rf"{told}.*\(photographs\.csv\)"):
        joined(rows, files)


NAMES = ["a.jpg", "A.jpg", "./a.jpg", "b/a.jpg", "b\\a.jpg", NFC, NFD, "", "c"]
ROWS = st.lists(st.sampled_from(NAMES), max_size=5)
FILES = ROWS.map(lambda names: sorted({*names} - {""}))


@hypothesis.given(rows=ROWS, files=FILES)
def test_every_row_is_at_a_file_or_named_or_refused(rows, files):
    try:
        found, said = joined(rows, files)
    except InputError:
        return
    assert len(found) + sum(kind == SkippedKind.UNMATCHED_NOTE for kind, _ in said) == len(rows)
    assert all(found[name] == name for name in {*rows} & {*files})
