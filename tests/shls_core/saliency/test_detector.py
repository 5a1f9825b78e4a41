import builtins

import numpy as np
import pydantic
import pytest

from shls_core.errors import InputError, MissingComponent
from shls_core.saliency.config import DetectorNetworkConfig, SaliencyConfig
from shls_core.saliency.detector import DetectorSource, load_detector
from shls_core.saliency.network_detector import network_input
from shls_core.saliency.rbd import rbd_saliency

PLAIN = DetectorNetworkConfig(input_side_px=None, mean=(0, 0, 0), std=(1, 1, 1))
IMAGE = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def detector(kind, model, **network):
    config = SaliencyConfig(detector=f"{kind}:net.bin", network=PLAIN.model_copy(update=network))
    return load_detector(config, model)


@pytest.fixture(params=["torchscript", "onnx"])
def made(request, torchscript_network, onnx_network):
    """A kind of network, and a function that makes the content of its file."""
    return request.param, {"torchscript": torchscript_network, "onnx": onnx_network}[request.param]


def test_a_network_is_given_red_first_and_its_answer_is_the_map(made):
    kind, make = made
    np.testing.assert_array_equal(detector(kind, make())(IMAGE), IMAGE[..., 0])


def test_a_network_repeats_and_the_map_has_the_size_of_the_photograph(made):
    kind, make = made
    one = detector(kind, make(), input_side_px=64)
    first = one(IMAGE)
    assert first.shape == (30, 40)
    np.testing.assert_array_equal(detector(kind, make(), input_side_px=64)(IMAGE.copy()), first)


def test_logits_go_through_a_sigmoid(made):
    kind, make = made
    expected = 255 / (1 + np.exp(-8.0 * IMAGE[..., 0] / 255))
    np.testing.assert_allclose(detector(kind, make(scale=8.0), output="logits")(IMAGE), expected, atol=0.51)


def test_a_map_is_stretched_where_that_is_asked_for(made):
    kind, make = made
    stretched = detector(kind, make(scale=0.1), stretch=True)(IMAGE)
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert detector(kind, make(scale=0.1))(IMAGE).max() == 26
    assert not detector(kind, make(scale=0.0), stretch=True)(IMAGE).any()


def test_values_that_are_no_probabilities_are_an_error_that_says_what_to_set(made):
    kind, make = made
    with pytest.raises(
        InputError, match=r"expected probabilities 0\.\.1, got .*: set saliency\.network\.output"
    ):
        detector(kind, make(scale=3.0))(IMAGE)


def test_what_is_not_a_number_is_an_error(made):
    kind, make = made
    with pytest.raises(InputError, match="expected finite saliency, got NaN or infinity"):
        detector(kind, make(scale=float("nan")))(IMAGE)


@pytest.mark.parametrize("content", [b"", b"no network", bytes(1000)])
def test_what_is_no_network_is_an_error(made, content):
    with pytest.raises(InputError, match=rf"got {len(content)} other bytes \({made[0]}:net.bin\)"):
        detector(made[0], content)


@pytest.mark.parametrize("wrap", ["list", "dict"])
def test_the_first_of_several_outputs_counts(torchscript_network, wrap):
    found = detector("torchscript", torchscript_network(wrap=wrap))(IMAGE)
    np.testing.assert_array_equal(found, IMAGE[..., 0])


@pytest.mark.parametrize("shape", [(1, 4), (1, 2, 2), (1, 2, 1, 2)])
def test_an_output_of_another_shape_is_an_error(torchscript_network, shape):
    with pytest.raises(InputError, match=r"expected an output of shape \(1, 1, h, w\), got \("):
        detector("torchscript", torchscript_network(shape=shape))(IMAGE)


def test_a_network_that_fails_on_its_input_is_told_in_one_line(torchscript_network):
    fails = torchscript_network(shape=(1, 1, 2, 2))  # cuts 2 x 2 px out of the input
    with pytest.raises(InputError, match=r"the network fails on an input of shape \(1, 3, 1, 1\)"):
        detector("torchscript", fails)(IMAGE[:1, :1])


def test_a_network_of_two_inputs_is_an_error(onnx_network):
    with pytest.raises(InputError, match="expected a network of one input, got 2"):
        detector("onnx", onnx_network(num_inputs=2))


@pytest.mark.parametrize(
    ("kind", "package", "command"),
    [
        ("onnx", "onnxruntime", "pip install onnxruntime"),
        ("torchscript", "torch", "pip install torch"),
    ],
)
def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(
    monkeypatch, kind, package, command
):
    there = builtins.__import__

    def without(name, *arguments, **options):
        if name == package:
            raise ImportError(name)
        return there(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingComponent, match=command):
        detector(kind, b"")


def test_one_thread_is_used_and_the_others_are_given_back(torchscript_network):
    import torch

    before = torch.get_num_threads()
    detector("torchscript", torchscript_network())(IMAGE)
    assert torch.get_num_threads() == before


def test_rbd_needs_no_file():
    config = SaliencyConfig()
    np.testing.assert_array_equal(load_detector(config)(IMAGE), rbd_saliency(IMAGE, config))


def test_maps_are_no_detector_that_could_be_loaded():
    with pytest.raises(InputError, match="expected rbd or the content of a model, got maps:folder"):
        load_detector(SaliencyConfig(detector="maps:folder"))


def test_a_path_may_hold_colons():
    assert DetectorSource.of(SaliencyConfig(detector="maps:C:/maps")) == DetectorSource("maps", "C:/maps")


@pytest.mark.parametrize("name", ["", "rbdx", "onnx", "onnx:", "torch:net.pt", "rbd:file"])
def test_a_detector_that_is_not_known_is_refused(name):
    with pytest.raises(pydantic.ValidationError, match="detector"):
        SaliencyConfig(detector=name)


def test_the_input_is_normalised_by_channel_and_brought_to_its_size():
    config = DetectorNetworkConfig(input_side_px=16, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    image = np.full((30, 60, 3), (255, 0, 51), np.uint8)
    values = network_input(image, config)
    assert (values.shape, values.dtype) == ((1, 3, 16, 16), np.float32)
    for channel, expected in enumerate((1.0, -1.0, 0.1)):
        np.testing.assert_allclose(values[0, channel], expected, rtol=1e-6)
    assert network_input(image, config.model_copy(update={"square": False})).shape == (1, 3, 8, 16)
    assert network_input(image, config.model_copy(update={"input_side_px": None})).shape == (1, 3, 30, 60)
