"""What every method's section of the configuration has."""

from typing import Any, ClassVar

from shls_core.frozen import FrozenConfig
from shls_core.training.phases import ONE_PHASE, Phase


class MethodConfig(FrozenConfig):
    """The section ``method`` of a configuration: network, loss and phases of one method.

    A method gives ``name`` a value of its own and adds its keys. A key ``network``, where there is one,
    decides names and shapes of the weights.
    """

    name: str
    """Name of the method."""

    used: ClassVar[tuple[str, ...]] = ()
    """The keys, beside ``network``, that the method's own propagation reads."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of training, in the order of their steps."""
        return ONE_PHASE

    def unread(self, validates: bool) -> frozenset[str]:
        """Return the keys that a training does not read: they do not decide the weights.

        Parameters
        ----------
        validates
            Whether the training validates by the method's own propagation.
        """
        return frozenset() if validates else frozenset(self.used)

    def use_facts(self) -> dict[str, Any]:
        """Return what the method's own propagation reads of it, for records."""
        return self.model_dump(mode="json", include={"name", *self.used})

    def used_as(self, use: "MethodConfig") -> "MethodConfig":
        """Return this configuration with what another one of the method says of network and use."""
        keys = {"network", *self.used} & type(self).model_fields.keys()
        return self.model_copy(update={key: getattr(use, key) for key in keys})
