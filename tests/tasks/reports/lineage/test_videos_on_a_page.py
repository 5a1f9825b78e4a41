"""The page of a dataset of videos: strips, pieces with reasons, and what is withdrawn."""

import html
import re

import pytest

from shls_core.errors import ObjectErased
from tasks.reports.lineage.lineage_page import dataset_page
from tasks.upkeep.withdrawal import purge, withdraw


@pytest.fixture(scope="module")
def page(staged_clips):
    return dataset_page(staged_clips.store, staged_clips.dataset).decode()


def words(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def section(page, name):
    return re.search(rf'<(section|article) id="{name}">.*?</\1>', page, re.DOTALL)[0]


def test_it_counts_clips_and_videos(page):
    lead = re.search(r'<p class="lead">(.*?)</p>', page)[1]
    found = re.match(r"(\d+) clips made from 8 videos: (\d+) to train on, (\d+) held out\.", lead)
    assert int(found[1]) == int(found[2]) + int(found[3]) > 6


def test_every_video_has_a_strip_and_its_words(page):
    videos = section(page, "videos")
    for name in [*(f"film-{number}.mp4" for number in range(6)), "frames", "still.mp4"]:
        assert f"<h3>{name}</h3>" in videos
    assert len(re.findall(r'<img class="strip" src="data:image/jpeg', videos)) == 8 + 2
    assert "1 cut, " in words(videos)


def test_rejected_pieces_have_their_reason_and_a_picture(page):
    rejected = section(page, "rejected")
    assert "static 1 row clips" in words(rejected)
    assert "still.mp4, 0" in words(rejected)
    assert "data:image/jpeg" in rejected


def test_the_graph_has_the_stages_of_videos_alone(page):
    graph = section(page, "graph")
    assert "rows of footage" in graph
    assert 'href="#clips"' in graph
    assert 'href="#ingest"' not in page
    assert 'href="#samples"' not in page
    assert "pseudo-sequence" not in words(page)


def test_the_same_store_gives_the_same_page(staged_clips, page):
    assert dataset_page(staged_clips.store, staged_clips.dataset).decode() == page


def test_what_is_withdrawn_is_a_video(staged_clips, staged_clips_copy):
    withdraw(staged_clips_copy, ["film-2.mp4"], "consent revoked")
    head = words(dataset_page(staged_clips_copy, staged_clips.dataset).decode().partition("</header>")[0])
    assert "1 video of this dataset was withdrawn." in head
    assert "film-2.mp4" in head


def test_after_a_purge_the_page_shows_the_rest(staged_clips, staged_clips_copy):
    withdraw(staged_clips_copy, ["film-2.mp4"], "consent revoked")
    purge(staged_clips_copy, ["film-2.mp4"])
    try:
        page = dataset_page(staged_clips_copy, staged_clips.dataset).decode()
    except ObjectErased:  # pragma: no cover
        pytest.fail("the page needs what was erased")
    assert "film-2.mp4" not in page
    assert "<h3>film-3.mp4</h3>" in page
    assert "erased by order" in words(section(page, "rejected"))
