import pytest
import torch

from tasks.runs import bfloat16
from tasks.runs.bfloat16 import computes_bfloat16

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("flags : fpu avx2 avx512f avx512_bf16", True),
        ("flags : fpu avx2 amx_bf16 amx_tile", True),
        ("Features : fp asimd bf16", True),
        ("flags : fpu avx2 avx512f avx512_bf16x", False),
        ("", False),
    ],
)
def test_a_processor_is_asked_for_its_instructions(monkeypatch, tmp_path, flags, has):
    (tmp_path / "cpuinfo").write_text(f"processor : 0\n{flags}\n")
    monkeypatch.setattr(bfloat16, "_DESCRIBED", tmp_path / "cpuinfo")
    assert computes_bfloat16(CPU) is has


def test_what_cannot_be_asked_has_none(monkeypatch, tmp_path):
    monkeypatch.setattr(bfloat16, "_DESCRIBED", tmp_path / "missing")
    assert computes_bfloat16(CPU) is False


@pytest.mark.parametrize("has", [True, False])
def test_a_gpu_is_asked_for_what_it_does_not_emulate(monkeypatch, has):
    asked = []

    def supported(including_emulation):
        asked.append(including_emulation)
        return has

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert computes_bfloat16(torch.device("cuda")) is has
    assert asked == [False]
