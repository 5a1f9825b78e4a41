"""Tables as spreadsheets write them: every row arrives, or one line says why not."""

import contextlib
import os

import hypothesis
import pytest
from hypothesis import strategies as st

from shls_core.errors import InputError
from tasks.stages.photograph_folder.notes_table import NoteRow, read_notes

ROWS = [
    ("Zoë.png", {"source": "Zoë", "consent": "written, 3 May"}),
    ("sub/b.png", {"licence": "CC0"}),
]
WITH_COMMAS = 'file_name,source,licence,consent\nZoë.png,Zoë,,"written, 3 May"\nsub/b.png,,CC0,\n'
WITH_SEMICOLONS = 'file_name;source;licence;consent\nZoë.png;Zoë;;"written, 3 May"\nsub/b.png;;CC0;\n'
WITHOUT_QUOTES = WITH_SEMICOLONS.replace('"', "")


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a table of some bytes."""

    def run(data):
        (tmp_path / "photographs.csv").write_bytes(data)
        return read_notes(tmp_path / "photographs.csv")

    return run


@pytest.mark.parametrize(
    "data",
    [
        WITH_COMMAS.encode(),
        WITH_COMMAS.encode("utf-8-sig"),
        WITH_COMMAS.encode("utf-16"),
        WITH_COMMAS.encode("utf-32"),
        b"\xfe\xff" + WITH_COMMAS.encode("utf-16-be"),
        WITH_COMMAS.replace("\n", "\r\n").encode(),
        WITH_COMMAS.replace("\n", "\r").encode(),
        WITH_COMMAS.replace("\n", "\n\n").encode(),
        WITH_SEMICOLONS.encode(),
        WITHOUT_QUOTES.encode(),
        WITHOUT_QUOTES.replace(";", "\t").encode("utf-16"),
        WITHOUT_QUOTES.replace(";", "|").encode(),
        ("sep=;\r\n" + WITHOUT_QUOTES).encode("utf-8-sig"),
        WITH_COMMAS.replace("file_name,source,licence", "File_Name , SOURCE,\tLicence").encode(),
        WITH_COMMAS.replace("file_name", "File name").encode(),
        WITH_COMMAS.replace("file_name", '"file_name"').encode(),
        WITH_COMMAS.replace("\n", ",,\n").encode(),  # empty columns at the end
        WITH_COMMAS.replace(",CC0,\n", ", CC0 \n,,,\n").encode(),
    ],
)
def test_every_spelling_gives_the_same_rows(read, data):
    assert [(row.name, dict(row.values)) for row in read(data)] == ROWS


def test_rows_know_their_lines(read):
    assert [row.line for row in read(b"file_name,consent\na,x\n\nb,\n")] == [2, 4]
    assert [row.line for row in read(b"sep=,\nfile_name,consent\na,x\n")] == [3]


def test_a_row_without_a_name_is_a_row(read):
    assert read(b"file_name,consent\n,withdrawn\n") == [NoteRow(2, "", {"consent": "withdrawn"})]


def test_scenes_that_look_alike_are_one_scene(read):
    first, second = read("file_name,scene\na,Café\nb,Cafe\u0301 \n".encode())
    assert first.values == second.values == {"scene": "Café"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            b"file_name,consent\na.jpg,written, in May\n",
            r"expected 2 cells in line 2, got 3: .* ',' needs quotes",
        ),
        (b'file_name,consent\na.jpg,"ok\nb.jpg,withdrawn\n', "unexpected end of data"),
        (b'file_name,consent\na.jpg,"ok" x\n', "expected after '\"'"),
        (
            b"file_name,consent,Consent\na.jpg,ok,no\n",
            r"each once, got \['consent', 'consent', 'file_name'\]",
        ),
        (WITH_COMMAS.encode("utf-16-le"), "got zero bytes|can't decode"),
        (
            WITH_COMMAS.encode("latin-1"),
            'expected comma-separated values in UTF-8: .* writes them as "CSV UTF-8"',
        ),
        (b"PK\x03\x04\x14\0\x06\0", "got zero bytes"),
        (b"file_name:consent\na:b\n", r"got \['file_name:consent'\]"),
    ],
)
def test_what_would_be_a_guess_is_refused(read, data, told):
    with pytest.raises(InputError, match=rf"(?s)(?=.*photographs\.csv).*{told}"):
        read(data)


def test_a_table_that_may_not_be_read_stops_the_run(tmp_path, without_root_rights):
    table = tmp_path / "photographs.csv"
    table.write_text("file_name,consent\n")
    table.chmod(0)
    with without_root_rights(), pytest.raises(InputError, match=r"read: not readable: permission denied \("):
        read_notes(table)
    table.unlink()
    os.mkfifo(table)
    with pytest.raises(InputError, match="no regular file"):
        read_notes(table)


ANY_BYTES = st.binary(max_size=60)
ANY_CELLS = st.text('file_name,;consent\n"\0\t|é', max_size=60).map(str.encode)


@hypothesis.given(data=ANY_BYTES | ANY_CELLS)
@hypothesis.settings(max_examples=100)
def test_whatever_bytes_lie_there_they_are_rows_or_one_line(tmp_path_factory, data):
    table = tmp_path_factory.getbasetemp() / "photographs.csv"
    table.write_bytes(b"file_name,consent\n" + data)
    with contextlib.suppress(InputError):
        assert all(row.name.strip() or row.values for row in read_notes(table))
