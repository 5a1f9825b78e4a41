"""Refining the objects of a frame, against the same written out with operations of torch alone."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement import refiner as refiner_module
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.refinement.frame_view import FrameView, frame_views
from shls_core.methods.shls.refinement.refiner import RefinedFrame, Refiner
from shls_core.photographs.crops import Box
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex

HEIGHT, WIDTH, CELL = 32, 40, 4


def network(mode: str = "roi", seed: int = 0, **switches: str) -> ShlsNetwork:
    refinement = RefinementConfig(mode=mode, decoder_width=0.0625, **switches)
    return new_network(
        ShlsNetwork, NetworkConfig(width_multiplier=0.0625, refinement=refinement), seed
    ).eval()


def views_of(
    network: ShlsNetwork, num_frames: int, height: int = HEIGHT, width: int = WIDTH
) -> list[FrameView]:
    rng = np.random.default_rng(0)
    frames = torch.from_numpy(rng.integers(0, 256, size=(num_frames, height, width, 3), dtype=np.uint8))
    columns = -(-width // CELL)
    cells = torch.arange(height)[:, None] // CELL * columns + torch.arange(width) // CELL
    index = SuperpixelIndex.of(cells.repeat(num_frames, 1, 1))
    return frame_views(network.encode_image(frames), index)


def attention_of(view: FrameView, num_objects: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(num_objects, len(view.positions), 4, generator=generator)


def mask_with(boxes: dict[int, Box], height: int = HEIGHT, width: int = WIDTH) -> torch.Tensor:
    mask = torch.zeros(height, width, dtype=torch.int64)
    for label, box in boxes.items():
        mask[box.top : box.bottom, box.left : box.right] = label
    return mask


@torch.no_grad()
def refine(
    network: ShlsNetwork,
    views: list[FrameView],
    first: torch.Tensor,
    coarse_masks: list[torch.Tensor],
    labels: tuple[int, ...],
    margin: float = 0.0,
) -> list[RefinedFrame]:
    assert network.refinement is not None
    refiner = Refiner(network.refinement, margin)
    refiner.introduce(views[0], first, labels, attention_of(views[0], len(labels), 0))
    return [
        refiner.refine(view, attention_of(view, len(labels), 1 + number), coarse_mask)
        for number, (view, coarse_mask) in enumerate(zip(views[1:], coarse_masks, strict=True))
    ]


def resized(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return F.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]


def nearest(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """The pixel that holds the centre, in whole numbers: torch's own rounds where centres lie on borders."""
    height, width = maps.shape[1:]
    rows = [(2 * row + 1) * height // (2 * size[0]) for row in range(size[0])]
    columns = [(2 * column + 1) * width // (2 * size[1]) for column in range(size[1])]
    return maps[:, rows][:, :, columns]


def seen_by_hand(view: FrameView, region: Box, attention: torch.Tensor) -> dict[str, torch.Tensor]:
    """Everything about a region, cut out at its own size."""
    fine_rows, fine_columns = np.s_[region.top : region.bottom], np.s_[region.left : region.right]
    rows, columns = (
        np.s_[region.top // 4 : region.bottom // 4],
        np.s_[region.left // 4 : region.right // 4],
    )
    fine = torch.cat([resized(view.fine, view.size), view.positions[view.superpixels].permute(2, 0, 1)])
    coarse_positions = view.coarse_positions[view.coarse_superpixels].permute(2, 0, 1)
    return {
        "fine": fine[:, fine_rows, fine_columns],
        "coarse": torch.cat([view.coarse, coarse_positions])[:, rows, columns],
        "attention": attention[view.superpixels].permute(2, 0, 1)[:, fine_rows, fine_columns],
    }


@pytest.mark.parametrize("fine_input", ["first_frame", "both_frames"])
@pytest.mark.parametrize("decoder_says", ["mask", "correction"])
@torch.no_grad()
def test_two_frames_of_one_object_written_out(fine_input, decoder_says):
    """Regions of three sizes, so that everything from earlier frames has to be resized."""
    net = network(fine_input=fine_input, decoder_says=decoder_says)
    views = views_of(net, 3)
    boxes = [Box(4, 8, 12, 16), Box(8, 8, 24, 20), Box(4, 12, 16, 28)]
    first = mask_with({3: boxes[0]})
    assert net.refinement is not None
    net.refinement.decoder.to_logits.weight.data.mul_(100 if decoder_says == "correction" else 1)
    coarse_masks = [mask_with({3: box}) for box in boxes]
    for mask, box in zip(coarse_masks, boxes, strict=True):
        mask[box.top + 2 : box.top + 5, box.left + 1 : box.left + 3] = 0
    found = refine(net, views, first, coarse_masks[1:], (3,))

    gate, decoder = net.refinement.modulator, net.refinement.decoder
    seen = [
        seen_by_hand(view, box, attention_of(view, 1, number)[0])
        for number, (view, box) in enumerate(zip(views, boxes, strict=True))
    ]
    gated = [gate(s["fine"][None], s["attention"][None], s["coarse"][None])[0] for s in seen]
    last = (first == 3).float()
    for t in (1, 2):
        box, before = boxes[t], boxes[t - 1]
        size = (box.bottom - box.top, box.right - box.left)
        quarter = (size[0] // 4, size[1] // 4)
        coarse = torch.cat([resized(seen[0]["coarse"], quarter), resized(gated[t - 1], quarter), gated[t]])
        first_cut = torch.ones(1, *size)  # the first region is full of the object
        last_cut = nearest(last[None, before.top : before.bottom, before.left : before.right], size)
        # Positions are numbers of superpixels: they are carried over, not interpolated.
        first_fine = torch.cat([resized(seen[0]["fine"][:-3], size), nearest(seen[0]["fine"][-3:], size)])
        channels = net.backbone.channels["layer4"]
        coarse[channels : channels + 3] = nearest(seen[0]["coarse"][-3:], quarter)
        fine = [first_cut, last_cut, first_fine]
        if fine_input == "both_frames":
            fine += [seen[t]["fine"], seen[t]["attention"]]
        known = (coarse_masks[t] == 3)[None, box.top : box.bottom, box.left : box.right]
        if decoder_says == "correction":
            fine.append(known.float())
        logits = decoder(coarse[None], torch.cat(fine)[None])[0]
        if decoder_says == "correction":
            logits[1] += torch.where(known[0], 1.0, -1.0) * net.refinement.coarse_log_odds
        inside = logits.softmax(dim=0)[1]
        probability = torch.full((HEIGHT, WIDTH), 1e-7)
        probability[box.top : box.bottom, box.left : box.right] = inside
        clamped = torch.stack([1 - probability, probability]).clamp(1e-7, 1 - 1e-7)
        odds = clamped / (1 - clamped)
        aggregated = odds / odds.sum(dim=0)
        torch.testing.assert_close(found[t - 1].log_odds.softmax(dim=0), aggregated, rtol=1e-4, atol=1e-5)
        assert torch.equal(found[t - 1].mask, (aggregated[1] > aggregated[0]).to(torch.uint8) * 3)
        last = aggregated[1]


@pytest.mark.parametrize("seed", range(5))
def test_a_decoder_that_has_learned_nothing_leaves_the_coarse_mask(seed):
    net = network(seed=seed, decoder_says="correction", fine_input="both_frames")
    first = mask_with({1: Box(4, 4, 12, 12), 4: Box(9, 11, 24, 30)})
    coarse = mask_with({1: Box(8, 5, 17, 13), 4: Box(13, 14, 28, 33)})
    coarse[16:18, 20:23] = 0
    [found] = refine(net, views_of(net, 2), first, [coarse], (1, 4), margin=0.15)
    assert torch.equal(found.mask.long(), coarse)


@torch.no_grad()
def test_a_guide_says_where_to_look_and_not_what_to_correct():
    net = network(decoder_says="correction")
    views, first = views_of(net, 2), mask_with({1: Box(4, 4, 12, 12)})
    refiner = Refiner(net.refinement, 0.0)
    refiner.introduce(views[0], first, (1,), attention_of(views[0], 1, 0))
    coarse, guide = mask_with({1: Box(4, 4, 20, 20)}), mask_with({1: Box(8, 8, 24, 24)})
    found = refiner.refine(views[1], attention_of(views[1], 1, 1), coarse, guide)
    assert torch.equal(found.mask.long(), mask_with({1: Box(8, 8, 20, 20)}))


def test_outside_of_its_region_an_object_is_not():
    net = network()
    net.refinement.decoder.to_logits.bias.data[1] = 50.0  # inside it is everywhere
    first = mask_with({1: Box(4, 4, 12, 12)})
    [found] = refine(net, views_of(net, 2), first, [mask_with({1: Box(8, 8, 18, 17)})], (1,))
    assert torch.equal(found.mask, mask_with({1: Box(8, 8, 20, 20)}).to(torch.uint8))


def test_object_that_vanished_is_looked_for_everywhere_and_found_again():
    net = network()
    net.refinement.decoder.to_logits.bias.data[1] = 50.0
    first = mask_with({1: Box(4, 4, 12, 12)})
    gone = torch.zeros(HEIGHT, WIDTH, dtype=torch.int64)
    back = mask_with({1: Box(16, 20, 24, 28)})
    missing, found = refine(net, views_of(net, 3), first, [gone, back], (1,))
    assert (missing.mask == 1).all()
    assert torch.equal(found.mask.long(), back)


def test_whole_frame_is_the_region_of_an_object_that_fills_it():
    full = mask_with({2: Box(0, 0, HEIGHT, WIDTH)})
    small = mask_with({2: Box(8, 8, 16, 16)})
    roi, whole = network("roi"), network("whole_frame")
    views = views_of(roi, 3)
    in_roi = refine(roi, views, full, [full, full], (2,))
    in_frame = refine(whole, views, full, [small, small], (2,))
    for one, other in zip(in_roi, in_frame, strict=True):
        torch.testing.assert_close(one.log_odds, other.log_odds)
    [only_small, _] = refine(roi, views, full, [small, small], (2,))
    torch.testing.assert_close(only_small.log_odds, in_frame[0].log_odds)


@pytest.mark.parametrize("mode", ["roi", "whole_frame"])
def test_decoding_objects_together_or_apart_is_the_same(mode, monkeypatch):
    net = network(mode)
    boxes = {1: Box(4, 4, 12, 12), 2: Box(16, 20, 24, 28), 5: Box(20, 4, 32, 16)}
    views, mask = views_of(net, 3), mask_with(boxes)
    together = refine(net, views, mask, [mask, mask], (1, 2, 5))
    monkeypatch.setitem(refiner_module._MOST_PIXELS, "cpu", 1)
    apart = refine(net, views, mask, [mask, mask], (1, 2, 5))
    for one, other in zip(together, apart, strict=True):
        torch.testing.assert_close(one.log_odds, other.log_odds)


@pytest.mark.parametrize(("height", "width"), [(30, 41), (33, 35), (31, 38)])
def test_frames_of_any_size(height, width):
    net = network()
    views = views_of(net, 2, height, width)
    corner = mask_with({1: Box(height - 10, width - 9, height, width)}, height, width)
    [found] = refine(net, views, corner, [corner], (1,), margin=0.15)
    assert found.log_odds.shape == (2, height, width)
    assert torch.isfinite(found.log_odds).all()
    assert (found.mask[: height - 20] == 0).all()


def test_objects_introduced_later_stand_in_the_order_of_their_labels():
    net = network()
    views = views_of(net, 3)
    refiner = Refiner(net.refinement, 0.0)
    refiner.introduce(views[0], mask_with({4: Box(4, 4, 12, 12)}), (4,), attention_of(views[0], 1, 0))
    later = mask_with({2: Box(20, 20, 28, 32)})
    refiner.introduce(views[1], later, (2,), attention_of(views[1], 1, 0))
    assert refiner.labels == (2, 4)
    guide = mask_with({4: Box(4, 4, 12, 12), 2: Box(20, 20, 28, 32)})
    assert refiner.refine(views[2], attention_of(views[2], 2, 1), guide).labels == (0, 2, 4)


@torch.no_grad()
def test_an_object_introduced_later_has_its_first_frame_there():
    """Beside an older one, it is what it would be had the video begun with its first frame."""
    net = network()
    views = views_of(net, 3)
    old, new = Box(4, 4, 12, 12), Box(16, 20, 28, 36)
    attention = [attention_of(view, 2, number) for number, view in enumerate(views)]
    guide = mask_with({1: old, 2: new})
    later = Refiner(net.refinement, 0.0)
    later.introduce(views[0], mask_with({1: old}), (1,), attention[0][:1])
    later.refine(views[1], attention[1][:1], mask_with({1: old}))
    later.introduce(views[1], mask_with({2: new}), (2,), attention[1][1:])
    assert later.labels == (1, 2)
    from_there = Refiner(net.refinement, 0.0)
    from_there.introduce(views[1], mask_with({2: new}), (2,), attention[1][1:])
    found = later.refine(views[2], attention[2], guide)
    alone = from_there.refine(views[2], attention[2][1:], guide)
    torch.testing.assert_close(found.log_odds[2], alone.log_odds[1])


@torch.no_grad()
def test_an_object_given_again_keeps_its_first_frame_and_was_last_where_it_is_given():
    net = network()
    views = views_of(net, 3)
    first, again, other = Box(4, 4, 12, 12), Box(16, 20, 28, 36), Box(0, 28, 12, 40)
    refiner = Refiner(net.refinement, 0.0)
    refiner.introduce(views[0], mask_with({1: first, 2: other}), (1, 2), attention_of(views[0], 2, 0))
    refiner.refine(views[1], attention_of(views[1], 2, 1), mask_with({1: first, 2: other}))
    given = mask_with({1: again})
    refiner.introduce(views[1], given, (1,), attention_of(views[1], 1, 2))
    one, two = refiner._objects
    assert (one.first_view, one.first_box) == (views[0], first)
    assert torch.equal(one.last_prediction[0], given.float())
    assert one.last_region == again
    assert not two.last_prediction[0][given == 1].any()
    assert two.last_prediction[0][given == 0].any()
