import pytest

from shls_core.files.skipped import Skipped, SkippedKind
from shls_core.files.skipped_counts import SkippedCount, SkippedFiles, counted_by_kind, in_manifest


def test_each_kind_is_counted_with_its_first_names():
    found = [Skipped(SkippedKind.VIDEO, f"{number}.mov") for number in (4, 2, 3, 1)]
    found.append(Skipped(SkippedKind.BROKEN_LINK, "a.jpg"))
    links, videos = counted_by_kind(found)
    assert str(links) == "1 broken link left out (a.jpg)"
    assert str(videos) == "4 videos left out (1.mov, 2.mov, 3.mov, …)"
    assert counted_by_kind([]) == ()


@pytest.mark.parametrize("kind", SkippedKind)
@pytest.mark.parametrize("count", [1, 2])
def test_every_kind_has_its_words(kind, count):
    line = str(SkippedFiles(kind=kind.value, count=count, of=5, names=("x",)))
    assert line.startswith(f"{count} ")
    assert "{" not in line
    assert "_" not in line


def test_a_kind_of_a_later_version_is_shown_by_its_name():
    assert str(SkippedCount(kind="hologram", count=2)) == "2 left out: hologram"


def test_a_manifest_keeps_counts_without_names_and_nothing_that_systems_leave():
    found = [Skipped(kind, "anna.jpg") for kind in SkippedKind]
    kept = in_manifest(counted_by_kind(found, {SkippedKind.UNMATCHED_NOTE: 7}))
    assert [(one.kind, one.count, one.of) for one in kept] == [
        ("unlisted_folder", 1, None),
        ("broken_link", 1, None),
        ("video", 1, None),
        ("unmatched_note", 1, 7),
        ("unread_notes", 1, None),
    ]
    assert "anna" not in "".join(one.model_dump_json() for one in kept)
