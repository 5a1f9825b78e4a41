from flows.configuration import CONFIGS, load_config
from flows.pretrained import pretrained_config


def test_it_is_used_as_its_configuration_file_says():
    said = load_config(str(CONFIGS / "stills.yaml"))
    used = pretrained_config()
    assert (used.network, used.memory, used.training) == (said.network, said.memory, said.training)
