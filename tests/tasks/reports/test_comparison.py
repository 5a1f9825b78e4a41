"""Figures stand beside each other only where they are of the same videos."""

from tasks.reports.comparison import Row, beside_published, this_row

COPY = Row("copy the first mask", 0.7, "here", "same-videos")


def test_on_the_whole_set_all_figures_are_one_group_the_best_first():
    [group], caution = beside_published((this_row(0.5, "3a" * 32),), "DAVIS-2016", "val", 20)
    assert caution is None
    assert group.title == "On all 20 videos of DAVIS-2016 val"
    figures = [row.jf_mean for row in group.rows]
    assert figures == sorted(figures, reverse=True)
    assert [row.method for row in group.rows if row.is_this] == ["this checkpoint"]
    assert {0.5, 0.735, 0.625, 0.535, 0.44, 0.349} <= set(figures)


def test_on_other_videos_the_published_figures_stand_apart_and_the_page_says_so():
    for split, num_videos in (("dev", 8), ("val", 19)):
        measured = (this_row(0.5, "3a" * 32), COPY)
        (here, there), caution = beside_published(measured, "DAVIS-2016", split, num_videos)
        assert [row.method for row in here.rows] == ["copy the first mask", "this checkpoint"]
        assert here.title == f"On {num_videos} videos of DAVIS-2016 {split}"
        assert there.title == "For orientation, on all 20 videos of DAVIS-2016 val"
        assert not any(row.is_this for row in there.rows)
        assert caution is not None
        assert f"{num_videos} videos of DAVIS-2016 {split}" in caution
        assert "all 20 of val" in caution


def test_every_published_figure_has_a_source():
    for benchmark in ("DAVIS-2016", "DAVIS-2017"):
        (_, there), _ = beside_published((COPY,), benchmark, "dev", 1)
        assert there.rows
        assert all(row.source for row in there.rows)


def test_on_an_unknown_benchmark_nothing_is_published():
    groups, caution = beside_published((COPY,), "other", "val", 20)
    assert ([group.rows for group in groups], caution) == ([(COPY,)], None)
