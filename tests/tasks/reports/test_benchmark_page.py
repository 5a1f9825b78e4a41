"""The page of a benchmark: what it tells, in which order, and that names cannot break it."""

import re
from html.parser import HTMLParser

from tasks.reports.benchmark_material import benchmark_material
from tasks.reports.benchmark_page import Material, benchmark_page

VOID = {"meta", "link", "img", "br", "hr", "input"}
SVG_LEAVES = {"line", "path", "rect", "circle"}
EVIL = """<b>"'&--></script><script>x</script>"""


class Outline(HTMLParser):
    """Reads a page: tags must close in the order in which they open."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in SVG_LEAVES
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self.open:
            self.texts.append((self.open[-1], " ".join(data.split())))

    def of(self, tag):
        return [text for inside, text in self.texts if inside == tag]


def page_of(record, trained, material=None):
    return benchmark_page("f" * 64, record, trained, material)


def test_worst_comes_first_in_the_table_and_among_the_videos(record_of, trained):
    record = record_of({"good": [[0.9] * 4, [0.1] * 4], "bad": [[0.2] * 4], "best": [[0.95] * 4]})
    outline = Outline(page_of(record, trained))
    assert outline.of("h3")[:3] == ["bad", "good", "best"]
    rows = re.findall(
        r'<th scope="row">.*?<a href="#video-\d">(\w+)</a> (\d)', page_of(record, trained).decode()
    )
    assert rows == [("good", "2"), ("bad", "1"), ("good", "1"), ("best", "1")]


def test_it_tells_the_scores_of_the_record(record_of, trained):
    record = record_of({"dog": [[0.8, 0.4, 0.6]]}, split="dev")
    page = page_of(record, trained).decode()
    # J .6, F .3; two of three frames of J are above one half, none of F.
    for told in (
        "<title>J&amp;F 45.0 on DAVIS-2017 dev</title>",
        ">60.0</td><td>66.7</td>",
        ">30.0</td><td>0.0",
    ):
        assert told in page
    assert "1 videos, 1 objects, 3 scored frames" not in page
    assert "1 video, 1 object, 3 scored frames" in page


def test_it_tells_what_it_is_of_and_how_to_make_it_again(record_of, trained):
    used = {"memory": {"neighbours": 5}, "refinement": "off", "num_superpixels": 900, "max_side": None}
    record = record_of({"dog": [[0.8] * 3]}, benchmark="DAVIS-2016", split="dev", configuration=used)
    codes = Outline(page_of(record, trained)).of("code")
    assert {"f" * 64, record.checkpoint, "d" * 64, "b" * 64} <= set(codes)
    again = (
        "cat > use.yaml <<'END' method: memory: {neighbours: 5} propagation: {num_superpixels: 900, "
        "refinement: 'off'} END "
        "shls evaluate --davis DAVIS/ --split dev --year 2016 --checkpoint 3a2ed9a2f930 "
        "--config use.yaml --out masks/ shls score --davis DAVIS/ --split dev --year 2016 --results masks/"
    )
    assert again in codes


def test_a_record_with_a_method_says_with_which_propagation(record_of, trained):
    used = {"propagation": {"method": "own"}, "method": {"name": "other"}, "max_side": 427}
    page = page_of(record_of({"dog": [[0.8] * 3]}, configuration=used), trained)
    [again] = [code for code in Outline(page).of("code") if code.startswith("cat > use.yaml")]
    assert "method: {name: other} propagation: {method: own} END" in again
    assert "--max-side 427 --config use.yaml" in again
    features = {"propagation": {"method": "label_propagation"}, "max_side": None}
    other = trained.model_copy(update={"method": "other"})
    page = page_of(record_of({"dog": [[0.8] * 3]}, configuration=features), other)
    [again] = [code for code in Outline(page).of("code") if code.startswith("cat > use.yaml")]
    assert "method: {name: other} propagation: {method: label_propagation} END" in again


def test_the_checkpoint_that_comes_with_the_project_is_called_so(record_of, trained):
    pretrained = trained.model_copy(update={"kind": "pretrained"})
    assert "--checkpoint pretrained " in page_of(record_of({"dog": [[0.8] * 3]}), pretrained).decode()


def test_names_cannot_break_out_of_the_text(record_of, trained):
    outline = Outline(page_of(record_of({EVIL: [[0.8] * 3]}, split=EVIL), trained))
    assert outline.of("h3")[0] == EVIL
    tags = [tag for tag, _ in outline.elements]
    assert (tags.count("script"), tags.count("b")) == (1, 2)  # J and F over the two charts


def test_nothing_outside_of_the_page_is_named(evaluated, trained):
    material = benchmark_material(evaluated.record, evaluated.davis, evaluated.results)
    outline = Outline(page_of(evaluated.record, trained, material))
    addresses = [
        value for _, attributes in outline.elements for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data")
    ]  # fmt: skip
    assert addresses
    assert [address for address in addresses if not re.match("#|data:", address)] == []
    assert not [1 for _, attributes in outline.elements if "style" in attributes]


def test_links_lead_to_parts_of_the_page(record_of, trained):
    outline = Outline(page_of(record_of({"dog": [[0.8] * 3], "judo": [[0.1] * 3]}), trained))
    names = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(names) == len(set(names))
    targets = {attributes["href"][1:] for tag, attributes in outline.elements if tag == "a"}
    assert {"video-1", "video-2"} <= targets <= set(names)


def test_headings_of_tables_say_what_they_head_and_pictures_what_they_show(evaluated, trained):
    material = benchmark_material(evaluated.record, evaluated.davis, evaluated.results)
    outline = Outline(page_of(evaluated.record, trained, material))
    assert all(attributes.get("scope") for tag, attributes in outline.elements if tag == "th")
    assert all(attributes.get("alt") for tag, attributes in outline.elements if tag == "img")
    charts = [attributes for tag, attributes in outline.elements if tag == "svg"]
    assert all(one.get("aria-label") or one.get("aria-hidden") for one in charts)


def test_the_same_record_gives_the_same_bytes(evaluated, trained):
    def made():
        return page_of(
            evaluated.record,
            trained,
            benchmark_material(evaluated.record, evaluated.davis, evaluated.results),
        )

    assert made() == made()


def test_without_pictures_and_baseline_it_speaks_of_neither(record_of, trained):
    record = record_of({"dog": [[0.8] * 3]})
    page = page_of(record, trained).decode()
    assert "<img" not in page
    for words in ("yellow line", "copies the first mask", "triangles"):
        assert words not in page


def test_the_baseline_is_one_line_however_many_objects_there_are(evaluated, trained):
    material = benchmark_material(evaluated.record, evaluated.davis, evaluated.results)
    page = page_of(evaluated.record, trained, Material({}, material.copied)).decode()
    assert page.count('<polyline class="copied"') == 2 * 2
    # Nothing moves in these videos: copying is perfect.
    assert page.count("copy the first mask: mean J 100.0") == 2
