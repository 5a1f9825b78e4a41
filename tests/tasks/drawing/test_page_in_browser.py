"""The page in a real browser: what is drawn by mouse, finger and keyboard is what is saved, to the pixel."""

import threading

import numpy as np
import pytest

from shls_core.files.masks.label_files import read_mask
from shls_core.files.videos.video import open_video
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.propagator import shls_propagator
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.superpixels.division import division
from shls_core.video.mask_files import find_masks

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_picture_of_a_failure")]

HEIGHT, WIDTH = 120, 160
RED, BLUE = (40.5, 50.5), (125.5, 80.5)
"""Places inside the boxes of the first frame."""
BUTTONS = {"left": 1, "right": 2, "middle": 4}
CODES = {"ArrowLeft": 37, "ArrowRight": 39, "Tab": 9, "Enter": 13}


class Page:
    """The page in a tab, used as a person uses it; places are (x, y) in px of the frame."""

    def __init__(self, tab, drawing):
        self.tab, self.drawing = tab, drawing

    def open(self, width=1280, height=800, **media):
        self.tab.open(self.drawing.server.address, width, height, **media)
        self.until("document.body.dataset.ready === 'true'")
        return self

    def until(self, condition):
        """Wait until an expression is true; the browser says so as soon as it is."""
        self.tab.evaluate(f"""new Promise((done, fail) => {{
          const end = Date.now() + 60000;
          const again = () => Date.now() > end ? fail(new Error("never")) : setTimeout(look, 20);
          const look = () => ({condition}) ? done() : again();
          look();
        }})""")

    def text(self, name):
        return self.tab.evaluate(f"document.getElementById('{name}').textContent")

    def on_screen(self, x, y):
        left, top, width, height = self.tab.evaluate("""(() => {
          const box = document.getElementById("picture").getBoundingClientRect();
          return [box.left, box.top, box.width, box.height];
        })()""")
        scale = min(width / WIDTH, height / HEIGHT)
        return {
            "x": left + (width - WIDTH * scale) / 2 + x * scale,
            "y": top + (height - HEIGHT * scale) / 2 + y * scale,
        }

    def stroke(self, *places, button="left"):
        """Press at the first place, move to the others, let go at the last."""
        held = {"button": button, "buttons": BUTTONS[button], "clickCount": 1}
        points = [self.on_screen(*place) for place in places]
        self.tab.call("Input.dispatchMouseEvent", type="mousePressed", **points[0], **held)
        for point in points[1:]:
            self.tab.call("Input.dispatchMouseEvent", type="mouseMoved", **point, **held)
        self.tab.call("Input.dispatchMouseEvent", type="mouseReleased", **points[-1], **held)

    def touch(self, *steps):
        """Put fingers down at the places of the first step, move them through the others, lift them."""
        kinds = ["touchStart", *["touchMove"] * (len(steps) - 1)]
        for kind, places in zip(kinds, steps, strict=True):
            points = [self.on_screen(*place) | {"id": number} for number, place in enumerate(places)]
            self.tab.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        self.tab.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name, modifiers=0):
        typed = {"text": name} if len(name) == 1 and not modifiers else {}
        code = {"windowsVirtualKeyCode": CODES[name]} if name in CODES else {}
        for kind, more in (("keyDown", typed), ("keyUp", {})):
            keys = {"key": name, "modifiers": modifiers, **code, **more}
            self.tab.call("Input.dispatchKeyEvent", type=kind, **keys)

    def press(self, name):
        """Click a button in its middle, by the mouse."""
        place = self.tab.evaluate(f"""(() => {{
          const one = document.getElementById("{name}");
          one.scrollIntoView({{ block: "nearest" }});
          const box = one.getBoundingClientRect();
          return {{ x: box.left + box.width / 2, y: box.top + box.height / 2 }};
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.tab.call("Input.dispatchMouseEvent", type=kind, **place, button="left", clickCount=1)

    def save(self):
        """Save by keyboard, and return the mask of the first frame, or None."""
        self.key("s")
        self.until("document.getElementById('save').disabled")
        return read_mask(self.drawing.out) if self.drawing.out.exists() else None

    def pieces(self, number=0, level=None):
        session = self.drawing.session
        return session.pieces(number, session.usual_level if level is None else level)


@pytest.fixture
def page(tab, drawing):
    return Page(tab, drawing).open()


def at(pieces, place):
    """The piece at a place, marked."""
    return pieces == pieces[int(place[1]), int(place[0])]


def below_line(pieces, *places):
    """The pieces below straight lines between places, marked."""
    marked = set()
    for (x0, y0), (x1, y1) in zip(places, places[1:] or places, strict=False):
        for part in np.linspace(0, 1, 2000):
            marked.add(int(pieces[int(y0 + (y1 - y0) * part), int(x0 + (x1 - x0) * part)]))
    return np.isin(pieces, sorted(marked))


def painted(diameter, *places):
    """The pixels whose centre is within half a diameter of lines between places."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    inside = np.zeros((HEIGHT, WIDTH), bool)
    for (x0, y0), (x1, y1) in zip(places, places[1:] or places, strict=False):
        length = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
        along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length, 0, 1)
        inside |= np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)) <= diameter / 2
    return inside


def assert_same(mask, expected, pixels_apart=0):
    differing = int((mask != expected).sum())
    assert differing <= pixels_apart, f"{differing} of {mask.size} pixels differ"


def test_it_loads_nothing_from_elsewhere_and_the_browser_has_no_complaints(page):
    page.stroke(RED)
    page.save()
    assert page.tab.complaints() == []
    assert all(address.startswith(page.drawing.server.address) for address in page.tab.requested())


def test_a_click_takes_the_piece_below_it(page):
    page.stroke(RED)
    pieces = page.pieces()
    assert_same(page.save(), at(pieces, RED).astype(np.uint8))


def test_a_stroke_takes_every_piece_that_it_touches(page):
    page.stroke((25, 40), (60, 45), (55, 75))
    assert_same(page.save(), below_line(page.pieces(), (25, 40), (60, 45), (55, 75)).astype(np.uint8))


def test_finer_pieces_take_less(page):
    page.key("+")
    page.key("+")
    finest = page.drawing.session.usual_level + 2
    assert page.text("level") == f"{page.drawing.session.levels[finest]} pieces"
    page.until("!document.querySelector('canvas.waiting')")
    page.stroke(RED)
    pieces = page.pieces(level=finest)
    assert_same(page.save(), at(pieces, RED).astype(np.uint8))


def test_the_brush_paints_pixels(page):
    page.key("b")
    diameter = int(page.text("size").split()[0])
    places = (20.5, 20.5), (60.5, 35.5)
    page.stroke(*places)
    # The pointer is at whole px of the screen: pixels at the rim may fall on either side.
    assert_same(page.save(), painted(diameter, *places).astype(np.uint8), pixels_apart=6)


def test_the_smallest_brush_paints_the_pixel_below_it(page):
    page.key("b")
    for _ in range(12):
        page.key("[")
    assert page.text("size") == "1 px"
    page.stroke((100.5, 20.5))
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[20, 100] = 1
    assert_same(page.save(), expected)


def test_brackets_change_the_brush(page):
    before = int(page.text("size").split()[0])
    page.key("]")
    assert int(page.text("size").split()[0]) > before
    page.key("[")
    page.key("[")
    assert int(page.text("size").split()[0]) < before


def test_undo_and_redo_go_through_every_edit(page):
    pieces = page.pieces()
    red, blue = at(pieces, RED), at(pieces, BLUE)
    page.stroke(RED)
    page.stroke(BLUE)
    page.key("z")
    assert_same(page.save(), red.astype(np.uint8))
    page.key("z")
    assert page.save() is None  # nothing is left, so nothing is saved
    page.key("y")
    page.key("y")
    assert_same(page.save(), (red | blue).astype(np.uint8))
    page.key("z", modifiers=2)
    assert_same(page.save(), red.astype(np.uint8))
    page.stroke(BLUE)
    assert page.tab.evaluate("document.getElementById('redo').disabled")


def test_the_eraser_erases_pieces_and_pixels(page):
    pieces = page.pieces()
    page.stroke((25, 40), (60, 45))
    page.key("e")
    page.stroke((25, 40))
    expected = below_line(pieces, (25, 40), (60, 45)) & ~at(pieces, (25, 40))
    assert_same(page.save(), expected.astype(np.uint8))
    page.press("brush")
    diameter = int(page.text("size").split()[0])
    page.stroke((58.5, 45.5))
    expected &= ~painted(diameter, (58.5, 45.5))
    assert_same(page.save(), expected.astype(np.uint8), pixels_apart=3)


def test_the_right_button_erases(page):
    page.stroke(RED)
    page.stroke(RED, button="right")
    assert page.save() is None


def test_a_second_object_takes_over_what_it_is_given(page):
    pieces = page.pieces()
    page.stroke((25, 40), (60, 45))
    page.key("n")
    page.stroke(BLUE)
    page.stroke((60, 45))
    expected = below_line(pieces, (25, 40), (60, 45)).astype(np.uint8)
    expected[at(pieces, BLUE) | at(pieces, (60, 45))] = 2
    assert_same(page.save(), expected)
    page.key("1")
    page.stroke(BLUE)
    expected[at(pieces, BLUE)] = 1
    assert_same(page.save(), expected)
    assert page.tab.evaluate("document.querySelectorAll('.object').length") == 2
    page.tab.evaluate("document.querySelector('[aria-label=\"Clear object 1\"]').click()")
    expected[expected == 1] = 0
    assert_same(page.save(), expected)


def test_what_stands_out_is_suggested(page):
    page.key("f")
    page.until("!document.getElementById('undo').disabled")
    assert_same(page.save(), page.drawing.session.salient_object(0).mask)


def test_masks_of_several_frames(page, clip):
    page.stroke(RED)
    page.key("ArrowRight")
    page.key("ArrowRight")
    page.until("document.getElementById('frame').value === '2'")
    page.until("document.getElementById('undo').disabled")
    page.key("b")
    page.key("2")
    page.stroke((100.5, 20.5), (130.5, 20.5))
    page.save()
    masks = find_masks(open_video(clip), [page.drawing.session.places.argument])
    assert list(masks) == [0, 2]
    pieces = page.pieces()
    assert_same(masks[0], at(pieces, RED).astype(np.uint8))
    assert np.unique(masks[2]).tolist() == [0, 2]
    assert masks[2][20, 115] == 2
    page.key("ArrowLeft")
    page.key("ArrowLeft")
    page.until("document.getElementById('frame').value === '0'")
    page.key("z")
    page.save()
    assert [one.frame for one in page.drawing.session.places.saved] == [2]


def test_a_zoomed_picture_is_drawn_on_where_it_is_seen(page):
    place = page.on_screen(*RED)
    for _ in range(3):
        page.tab.call("Input.dispatchMouseEvent", type="mouseWheel", **place, deltaX=0, deltaY=-300)
    page.until("!document.getElementById('fit').hidden")
    page.stroke(RED)  # the wheel keeps what is below it where it is
    pieces = page.pieces()
    assert_same(page.save(), at(pieces, RED).astype(np.uint8))
    page.key("0")
    page.until("document.getElementById('fit').hidden")


def test_a_finger_draws_and_two_fingers_zoom(tab, drawing):
    tab.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    page = Page(tab, drawing).open(390, 844)
    page.touch([(25, 40)], [(45, 43)], [(60, 45)])
    expected = below_line(page.pieces(), (25, 40), (45, 43), (60, 45)).astype(np.uint8)
    assert_same(page.save(), expected)
    page.touch([(100, 60)], [(100, 60), (120, 60)], [(80, 60), (140, 60)])
    page.until("!document.getElementById('fit').hidden")
    assert page.tab.evaluate("document.getElementById('save').disabled"), "what two fingers do draws nothing"


def test_a_drawing_goes_on_with_what_was_saved(tab, drawing):
    first = Page(tab, drawing).open()
    first.stroke(RED)
    saved = first.save()
    again = Page(tab, drawing).open()
    again.stroke(BLUE)
    pieces = again.pieces()
    assert_same(again.save(), saved | at(pieces, BLUE).astype(np.uint8))


def test_done_saves_ends_and_names_the_next_command(page):
    page.stroke(RED)
    page.press("end")
    page.until("!document.getElementById('ended').hidden")
    assert page.drawing.ended.wait(10)
    assert page.drawing.out.exists()
    assert page.text("command") == page.drawing.answers.segment_command()
    assert page.text("ended-title") == f"Saved: {page.drawing.out}"


def test_an_ended_command_is_said_and_the_drawing_stays(page):
    page.stroke(RED)
    page.drawing.server.__exit__(None, None, None)
    page.key("s")
    page.until("document.getElementById('message').className === 'caution'")
    assert "The command does not answer" in page.text("message")
    assert not page.tab.evaluate("document.getElementById('save').disabled")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (768, 1024), (1280, 800)])
def test_everything_fits_on_the_screen(tab, drawing, width, height):
    page = Page(tab, drawing).open(width, height)
    assert page.tab.sticking_out() == []
    shown = page.tab.evaluate("""["save", "segment", "end", "undo", "pieces"].map(
      (id) => document.getElementById(id).getBoundingClientRect().bottom
    )""")
    assert max(shown) <= height
    area = page.tab.evaluate("document.getElementById('picture').getBoundingClientRect().height")
    assert area >= 0.25 * height


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_asks_for(tab, drawing, scheme):
    page = Page(tab, drawing).open(prefers_color_scheme=scheme)
    page.stroke(RED)
    found = page.tab.contrasts()
    assert len(found) > 20
    assert [one for one in found if one[0] < 4.5] == []


def test_a_keyboard_reaches_every_button(page):
    page.stroke(RED)
    number = page.tab.evaluate("""(() => {
      const all = [...document.querySelectorAll("button:enabled, input")].filter((one) => one.offsetParent);
      all.forEach((one, index) => one.dataset.number = index);
      return all.length;
    })()""")
    reached = set()
    for _ in range(number + 1):
        page.key("Tab")
        reached.add(page.tab.evaluate("document.activeElement.dataset.number"))
    assert len(reached - {None}) == number


def small_segmenter():
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)
    return VideoSegmenter(shls_propagator(network, MemoryConfig(), division(num_superpixels=100)))


def test_the_clip_is_segmented_from_the_page(tab, serve, clip, tmp_path):
    page = Page(tab, serve(clip, tmp_path / "first.png", small_segmenter)).open()
    page.key("f")
    page.until("!document.getElementById('undo').disabled")
    page.press("segment")
    page.until("document.getElementById('result').dataset.state === 'done'")
    folder = tmp_path / "first_result"
    assert sorted(path.name for path in folder.iterdir()) == ["contact_sheet.png", "masks", "overlay.mp4"]
    assert_same(read_mask(folder / "masks" / "a0.png"), read_mask(page.drawing.out))
    # A browser that cannot play the video shows the frames.
    part = "document.querySelector('#result [data-part=%s]')"
    picture, video = part % "picture", part % "video"
    page.until(f"{video}.hidden ? {picture}.naturalWidth === {WIDTH} : {video}.videoWidth === {WIDTH}")
    assert str(folder) in page.tab.evaluate(f"{part % 'note'}.textContent")
    page.tab.evaluate(f"{part % 'back'}.click()")
    page.stroke(BLUE)
    assert page.save()[80, 125] == 1, "the drawing goes on"


def test_a_segmentation_that_fails_says_why(page):
    page.stroke(RED)
    page.press("segment")
    page.until("document.getElementById('result').dataset.state === 'failed'")
    note = "document.querySelector('#result [data-part=note]').textContent"
    assert page.tab.evaluate(note) == "unexpected AssertionError: nobody asked for it"


def test_done_waits_for_a_segmentation_in_work(tab, serve, clip, tmp_path):
    may_go_on = threading.Event()

    def waiting_segmenter():
        assert may_go_on.wait(60)
        return small_segmenter()

    page = Page(tab, serve(clip, tmp_path / "first.png", waiting_segmenter)).open()
    page.stroke(RED)
    page.press("segment")
    page.until("document.getElementById('result').dataset.state === 'running'")
    page.tab.evaluate("document.querySelector('#result [data-part=back]').click()")
    page.press("end")
    assert page.text("message") == "The clip is still being segmented: wait for it, or stop it."
    page.press("segment")  # shows the one in work
    may_go_on.set()
    page.until("document.getElementById('result').dataset.state === 'done'")
    assert not page.drawing.ended.is_set()
    assert [path.name for path in tmp_path.glob("first_result*")] == ["first_result"]


def test_a_page_with_changes_asks_before_it_is_left(page):
    asks = "!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.tab.evaluate(asks) is False
    page.stroke(RED)
    assert page.tab.evaluate(asks) is True
    page.save()
    assert page.tab.evaluate(asks) is False


def test_a_name_is_shown_and_never_run(tab, serve, clip, tmp_path):
    named = clip.rename(tmp_path / "<img src=x onerror='window.ran=1'>")
    page = Page(tab, serve(named, tmp_path / "first.png", small_segmenter)).open()
    assert page.text("clip") == named.name
    assert page.tab.evaluate("window.ran") is None
    assert page.tab.complaints() == []
