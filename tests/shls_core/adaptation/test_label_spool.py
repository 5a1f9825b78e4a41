"""Labels of all frames in a temporary file."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from shls_core.adaptation.label_spool import LabelSpool
from shls_core.errors import InputError


def test_what_was_added_is_read_in_the_same_order_as_often_as_wanted():
    rng = np.random.default_rng(0)
    all_labels = rng.integers(0, 5, (7, 20, 30), dtype=np.uint8)
    with LabelSpool() as spool:
        for labels in all_labels:
            spool.add(labels)
        for _ in range(2):
            np.testing.assert_array_equal(np.stack(list(spool.read())), all_labels)


def test_a_folder_that_takes_nothing_is_one_line(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/none")
    with pytest.raises(InputError, match=r"expected room for propagated masks .*TMPDIR"), LabelSpool():
        pass


def test_a_full_disk_is_one_line():
    with LabelSpool() as spool:
        spool._file.close()
        spool._file = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115
        with pytest.raises(InputError, match=r"expected room for propagated masks .*No space left"):
            spool.add(np.zeros((4, 4), np.uint8))
