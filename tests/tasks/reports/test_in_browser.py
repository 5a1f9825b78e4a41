"""Pages in a real browser: nothing is asked for, nothing is broken, everything can be seen and used."""

import json
from pathlib import Path

import pytest

from tasks.reports.benchmark_material import benchmark_material
from tasks.reports.benchmark_page import benchmark_page
from tasks.reports.page import render_page

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_picture_of_a_failure")]

LONG = "a_name_<b>that</b>_" + "goes_on_" * 12
ROWS = "document.querySelectorAll('table.sortable tbody tr')"
COLUMN = f"Array.from({ROWS}, (row) => row.cells[%d].textContent)"
MISSING = "\N{EN DASH}"


@pytest.fixture
def page(evaluated, trained, tmp_path):
    path = tmp_path / "report.html"
    material = benchmark_material(evaluated.record, evaluated.davis, evaluated.results)
    path.write_bytes(benchmark_page("f" * 64, evaluated.record, trained, material))
    return path


def test_it_asks_for_nothing_and_the_browser_has_no_complaints(tab, page):
    tab.open(page)
    assert tab.requested() == [page.as_uri()]
    assert tab.complaints() == []


def test_what_a_name_smuggles_in_is_neither_run_nor_loaded(tab, tmp_path):
    template = "<!doctype html><meta http-equiv='Content-Security-Policy' content=\"{}\">"
    policy = render_page("layout.html").decode().partition('Security-Policy" content="')[2].partition('"')[0]
    smuggled = "<script>window.ran = 1</script><img src='http://127.0.0.1:9/a.png'><b style='color: red'>"
    path = tmp_path / "smuggled.html"
    path.write_text(template.format(policy.replace("&#39;", "'")) + smuggled)
    tab.open(path)
    assert tab.evaluate("window.ran") is None
    assert tab.evaluate("getComputedStyle(document.querySelector('b')).color") == "rgb(0, 0, 0)"
    directives = {
        event["issue"]["details"]["contentSecurityPolicyIssueDetails"]["violatedDirective"]
        for event in tab.heard("Audits.issueAdded")
    }
    assert directives == {"script-src-elem", "img-src", "style-src-attr"}


def test_stylesheet_and_script_are_let_through(tab, page):
    tab.open(page)
    assert tab.evaluate("getComputedStyle(document.querySelector('.curves .band')).fillOpacity") == "1"
    assert tab.evaluate("getComputedStyle(document.querySelector('polyline.object-1')).stroke") == (
        "rgb(128, 0, 0)"
    )
    assert tab.evaluate("document.querySelectorAll('table.sortable th button').length") == 9


def test_every_picture_is_there(tab, page):
    tab.open(page)
    widths = tab.evaluate("Array.from(document.images, (image) => image.naturalWidth)")
    assert len(widths) == 2 * 4
    assert min(widths) > 0


def test_every_curve_lies_inside_its_chart(tab, page):
    tab.open(page)
    # judo: two objects and the copy; dog: one object and the copy; J and F of both.
    assert tab.evaluate("document.querySelectorAll('svg.curves polyline').length") == 2 * (3 + 2)
    inside = """Array.from(document.querySelectorAll("svg.curves"), (chart) => {
      const outer = chart.getBoundingClientRect();
      return Array.from(chart.querySelectorAll("polyline"), (line) => line.getBoundingClientRect())
        .every((inner) => inner.width > 50 && inner.left >= outer.left && inner.right <= outer.right
          && inner.top >= outer.top && inner.bottom <= outer.bottom);
    })"""
    assert tab.evaluate(inside) == [True] * 4


def test_a_click_on_a_heading_sorts_and_another_one_turns_it_round(tab, page):
    tab.open(page)
    names = COLUMN % 0
    before = [" ".join(name.split()) for name in tab.evaluate(names)]
    assert before[0] == "judo 1"
    button = "document.querySelectorAll('table.sortable th button')[%d]"
    tab.evaluate((button % 1) + ".click()")
    assert [" ".join(name.split()) for name in tab.evaluate(names)][-1] == "judo 1"
    assert tab.evaluate("document.querySelector('[aria-sort]').textContent.trim()") == "J&F"
    assert tab.evaluate("document.querySelector('[aria-sort]').ariaSort") == "descending"
    tab.evaluate((button % 0) + ".click()")
    assert [" ".join(name.split()) for name in tab.evaluate(names)] == ["dog 1", "judo 1", "judo 2"]


def test_numbers_are_sorted_as_numbers_and_what_is_missing_comes_last(tab, record_of, trained, tmp_path):
    record = record_of({"a": [[0.14, 0.14, 0.09, 0.04, 0.04]], "b": [[0.1] * 5], "c": [[1.0] * 5]})
    record = record.model_copy(update={"objects": record.objects[::-1]})
    spoilt = record.objects[0].model_copy(update={"scores": record.objects[0].scores | {"J-Decay": None}})
    record = record.model_copy(update={"objects": (spoilt, *record.objects[1:])})
    path = tmp_path / "report.html"
    path.write_bytes(benchmark_page("f" * 64, record, trained))
    tab.open(path)
    for column, expected in ((3, ["9.0", "10.0", "100.0"]), (5, ["0.0", "10.0", MISSING])):
        heading = f"document.querySelector('table.sortable thead').rows[0].cells[{column}]"
        tab.evaluate(f"{heading}.querySelector('button').click()")
        assert tab.evaluate(COLUMN % column) == expected
    tab.evaluate(f"{heading}.querySelector('button').click()")
    assert tab.evaluate(COLUMN % 5)[-1] == MISSING


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_sideways(tab, record_of, trained, tmp_path, width):
    path = tmp_path / "report.html"
    record = record_of({LONG: [[0.5] * 40, [0.2] * 40], "dog": [[0.9] * 3]})
    path.write_bytes(benchmark_page("f" * 64, record, trained))
    tab.open(path, width)
    assert tab.sticking_out() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_asks_for(tab, page, scheme):
    tab.open(page, prefers_color_scheme=scheme)
    found = tab.contrasts()
    assert len(found) > 100
    assert [one for one in found if one[0] < 4.5] == []
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(json.loads(f"[{ground[4:-1]}]")) > 3 * 128) == (scheme == "light")


def test_a_keyboard_reaches_every_link_button_and_scrolling_part(tab, page):
    tab.open(page)
    reached = set()
    number = tab.evaluate("""(() => {
      const all = document.querySelectorAll("a, button, summary, [tabindex='0']");
      all.forEach((one, index) => one.dataset.number = index);
      return all.length;
    })()""")
    # A details that is closed keeps what is inside to itself.
    hidden = tab.evaluate("document.querySelectorAll('details:not([open]) > pre').length")
    for _ in range(number - hidden):
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.add(int(tab.evaluate("document.activeElement.dataset.number")))
    assert len(reached) == number - hidden


def test_printed_it_is_on_white_paper_even_where_the_screen_is_dark(tab, page, tmp_path: Path):
    tab.open(page, prefers_color_scheme="dark")
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert [one for one in tab.contrasts() if one[0] < 4.5] == []
