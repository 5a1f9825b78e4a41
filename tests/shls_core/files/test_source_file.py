import errno
import os

import pytest

from shls_core.errors import InputError, SampleError
from shls_core.files import foreign_file
from shls_core.files.source_file import opened_source


def test_a_file_is_read_to_its_end(tmp_path):
    (tmp_path / "a").write_bytes(b"some bytes")
    with opened_source(tmp_path / "a") as file:
        assert file.read() == b"some bytes"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with (
            pytest.raises(SampleError, match=r"^not readable: it is .*, no regular file$"),
            opened_source(path),
        ):
            pass


def test_what_may_not_be_read_has_a_reason(tmp_path, without_root_rights):
    (tmp_path / "a").write_bytes(b"secret")
    (tmp_path / "a").chmod(0)
    with (
        without_root_rights(),
        pytest.raises(SampleError, match=r"^not readable: permission denied$"),
        opened_source(tmp_path / "a"),
    ):
        pass


def test_a_disk_that_fails_under_a_file_is_a_reason(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    with (
        pytest.raises(SampleError, match=r"^not readable: input/output error$"),
        opened_source(tmp_path / "a"),
    ):
        raise OSError(errno.EIO, "Input/output error")


def test_what_is_gone_stops_the_run(tmp_path):
    with (
        pytest.raises(InputError, match=r"gone was removed while it was read: run again"),
        opened_source(tmp_path / "gone"),
    ):
        pass


def test_a_machine_without_free_files_rejects_no_photograph(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.setattr(foreign_file.os, "open", refuse)
    with (
        pytest.raises(InputError, match=r"expected to read .*a: too many open files"),
        opened_source(tmp_path / "a"),
    ):
        pass
