"""The part of the configuration section ``method`` that all methods share."""

from typing import Any, ClassVar

from shls_core.frozen import FrozenConfig
from shls_core.training.phases import ONE_PHASE, Phase


class MethodConfig(FrozenConfig):
    """The section ``method`` of a configuration: network, loss and phases of one method.

    Each method sets its own ``name`` and adds keys. The key ``network``, if there is one, determines the
    names and shapes of the weights.
    """

    name: str
    """Name of the method."""

    used: ClassVar[tuple[str, ...]] = ()
    """The keys that the method's own propagation reads, in addition to ``network``."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of training, in the order of their steps."""
        return ONE_PHASE

    def unread(self, validates: bool) -> frozenset[str]:
        """Return the keys that training does not read; they do not affect the weights.

        Parameters
        ----------
        validates
            Whether training validates with the method's own propagation.
        """
        return frozenset() if validates else frozenset(self.used)

    def use_facts(self) -> dict[str, Any]:
        """Return the values that the method's own propagation reads, for records."""
        return self.model_dump(mode="json", include={"name", *self.used})

    def used_as(self, use: "MethodConfig") -> "MethodConfig":
        """Return this configuration with ``network`` and the keys in `used` taken from another one."""
        keys = {"network", *self.used} & type(self).model_fields.keys()
        return self.model_copy(update={key: getattr(use, key) for key in keys})
