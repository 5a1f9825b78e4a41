"""YAML of a user: a key that is there twice, an endless nesting and aliases that multiply are refused."""

from collections.abc import Hashable
from typing import Any, Final

import yaml

MOST_DEPTH: Final = 40
"""Of mappings and lists inside each other; a configuration has five."""
MOST_VALUES: Final = 20_000
"""With every alias counted as what it stands for."""


class StrictYamlError(yaml.YAMLError):
    """YAML that could be read, and must not be; the message states the line."""


def strict_yaml(text: str) -> Any:
    """Return the value of a YAML document.

    Raises
    ------
    yaml.YAMLError
        If it is not YAML, or a StrictYamlError if a key is there twice in one mapping, values are nested too
        deeply, or there are too many of them.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _count(node, 0, {})
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError:
        raise StrictYamlError(f"values are nested more than {MOST_DEPTH} deep") from None
    except (ValueError, OverflowError) as error:  # a date, or a number, that there cannot be
        raise StrictYamlError(" ".join(str(error).split())) from error


class _Loader(yaml.SafeLoader):
    """The safe loader, which of two equal keys takes neither."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return a mapping, after a check of its keys."""
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key, line = self.construct_object(key_node), key_node.start_mark.line + 1
            if key in seen:
                raise StrictYamlError(f"key {key!r} is there twice, in line {seen[key]} and in line {line}")
            seen[key] = line
        return super().construct_mapping(node, deep)


def _count(node: yaml.Node, depth: int, counted: dict[int, int]) -> int:
    """Return the number of values in a node, aliases included."""
    if id(node) in counted:
        return counted[id(node)]
    line = node.start_mark.line + 1
    if depth > MOST_DEPTH:
        raise StrictYamlError(f"values are nested more than {MOST_DEPTH} deep (line {line})")
    counted[id(node)] = MOST_VALUES + 1  # an alias of a node inside it has no end
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.ScalarNode) and "\0" in node.value:
        raise StrictYamlError(f"a text holds a character of zero (line {line})")
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        inner = [each for pair in node.value for each in pair]
    number = 1 + sum(_count(each, depth + 1, counted) for each in inner)
    if number > MOST_VALUES:
        raise StrictYamlError(f"there are more than {MOST_VALUES:,} values, aliases counted (line {line})")
    counted[id(node)] = number
    return number
