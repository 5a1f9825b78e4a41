import pytest

from shls_core.errors import InputError
from shls_core.methods.registry import method_config, method_named
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from tasks.runs.execution_config import ExecutionConfig
from tasks.training import precision
from tasks.training.precision import warn_of_slow_precision, with_precision

ON_CPU = ExecutionConfig(device="cpu")


@pytest.mark.parametrize("has", [True, False])
@pytest.mark.parametrize(
    ("given", "chosen"), [("fp32", ("fp32", "fp32")), ("bf16", ("bf16", "bf16")), ("auto", ("bf16", "fp32"))]
)
def test_auto_is_what_the_device_has_instructions_for(monkeypatch, given, chosen, has):
    monkeypatch.setattr(precision, "computes_bfloat16", lambda device: has)
    training = with_precision(TrainingConfig(precision=given, steps=7), ON_CPU)
    assert training == TrainingConfig(precision=chosen[not has], steps=7)


@pytest.mark.parametrize("has", [True, False])
@pytest.mark.parametrize("given", ["fp32", "bf16"])
def test_a_line_warns_of_bfloat16_that_is_slow(monkeypatch, capsys, given, has):
    monkeypatch.setattr(precision, "computes_bfloat16", lambda device: has)
    warn_of_slow_precision(TrainingConfig(precision=given), ON_CPU)
    warned = given == "bf16" and not has
    assert ("no instructions for it" in capsys.readouterr().err) is warned


def test_a_training_whose_precision_is_not_chosen_does_not_begin():
    shls, config = method_named("shls"), method_config({"network": {"width_multiplier": 0.0625}})
    method = shls.trainable(shls.new_network(config, 0), config)
    with pytest.raises(InputError, match=r"^expected a training precision of fp32 or bf16, got auto"):
        train(method, [], TrainingConfig(precision="auto"), on_step=lambda metrics: None)
