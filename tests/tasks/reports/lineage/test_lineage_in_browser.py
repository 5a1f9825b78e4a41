"""The pages of a dataset and a checkpoint in a real browser: offline, whole, legible, usable by keyboard."""

import pytest

from tasks.reports.lineage.lineage_page import checkpoint_page, dataset_page
from tasks.runs.execution_config import ExecutionConfig

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_picture_of_a_failure")]

OPEN_ALL = "document.querySelectorAll('details').forEach((one) => one.open = true)"


@pytest.fixture(scope="module", params=["dataset", "checkpoint"])
def page(request, told, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    made = {
        "dataset": lambda: dataset_page(told.store, told.dataset),
        "checkpoint": lambda: checkpoint_page(told.store, told.checkpoint, ExecutionConfig()),
    }
    path.write_bytes(made[request.param]())
    return path


def test_it_asks_for_nothing_and_the_browser_has_no_complaints(tab, page):
    tab.open(page)
    assert tab.requested() == [page.as_uri()]
    assert tab.complaints() == []
    assert tab.evaluate("document.title") != "1"


def test_every_section_is_there_to_be_seen(tab, page):
    tab.open(page)
    heights = tab.evaluate(
        "Array.from(document.querySelectorAll('main > section'), (one) => one.getBoundingClientRect().height)"
    )
    assert len(heights) >= 6
    assert min(heights) > 60


def test_every_picture_is_there(tab, page):
    tab.open(page)
    images = tab.evaluate("Array.from(document.images, (image) => [image.naturalWidth, image.alt])")
    assert len(images) > 8 * 6
    assert all(width > 0 and text for width, text in images)


@pytest.mark.parametrize(("width", "shown"), [(1280, "lying"), (360, "upright")])
def test_one_graph_is_shown_and_its_boxes_lead_on(tab, page, width, shown):
    tab.open(page, width)
    visible = """Array.from(document.querySelectorAll("svg.graph"))
      .filter((one) => one.getBoundingClientRect().width > 0)"""
    assert tab.evaluate(f"{visible}.map((one) => one.classList[1])") == [shown]
    assert tab.evaluate(f"{visible}[0].querySelectorAll('a.node rect').length") == 11
    assert tab.evaluate(f"{visible}[0].querySelectorAll('.arrow path').length") == 14
    titles = f"Array.from({visible}[0].querySelectorAll('a.node title'), (one) => one.textContent)"
    assert len(list(filter(None, tab.evaluate(titles)))) == 11
    link = f"{visible}[0].querySelector('a[href=\"#saliency\"]')"
    tab.evaluate(f"{link}.dispatchEvent(new MouseEvent('click', {{ bubbles: true, cancelable: true }}))")
    assert tab.evaluate("location.hash") == "#saliency"


def test_text_stays_inside_its_box(tab, page):
    tab.open(page)
    outside = """Array.from(document.querySelectorAll("svg.graph.lying a.node"), (node) => {
      const box = node.querySelector("rect").getBoundingClientRect();
      return Array.from(node.querySelectorAll("text"))
        .filter((text) => text.getBoundingClientRect().right > box.right).map((text) => text.textContent);
    }).flat()"""
    assert tab.evaluate(outside) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_sideways(tab, page, width):
    tab.open(page, width)
    tab.evaluate(OPEN_ALL)
    assert tab.sticking_out() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_asks_for(tab, page, scheme):
    tab.open(page, prefers_color_scheme=scheme)
    tab.evaluate(OPEN_ALL)
    found = tab.contrasts()
    assert len(found) > 200
    assert [one for one in found if one[0] < 4.5] == []


def test_a_keyboard_opens_what_is_folded(tab, page):
    tab.open(page)
    tab.evaluate("document.querySelector('#saliency summary').focus()")
    for kind in ("keyDown", "keyUp"):
        tab.call(
            "Input.dispatchKeyEvent",
            type=kind,
            key="Enter",
            code="Enter",
            windowsVirtualKeyCode=13,
            text="\r",
        )
    assert tab.evaluate("document.querySelector('#saliency details').open") is True


def test_every_link_of_the_page_leads_to_a_place_on_it(tab, page):
    tab.open(page)
    lost = """Array.from(document.querySelectorAll("a[href]"), (one) => one.getAttribute("href"))
      .filter((href) => !document.getElementById(href.slice(1)))"""
    assert tab.evaluate(lost) == []
