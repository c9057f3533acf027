"""What was set of the tools, kept for the next start."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from desktop.settings import Settings
from desktop.tools.base import Tool
from desktop.tools.stroke import SIZE

__all__ = ["ToolMemory"]

_log = logging.getLogger(__name__)
_KEPT = "tool.options"
_RADIUS = "tool.brush_radius"
_OF_THE_IMAGE = ("probability",)
"""Options that follow the class and the model: they are no habit of the reader's."""


class ToolMemory:
    """Writes an option that is set to the settings, as ``tool.option=JSON``; reads all at the start."""

    def __init__(self, tools: Mapping[str, Tool], settings: Settings) -> None:
        self._tools = tools
        self._settings = settings

    def restore(self) -> None:
        """Give every tool what was kept; what no longer fits a tool is left out."""
        for line in self._settings[_KEPT]:
            place, _, value = line.partition("=")
            tool, _, option = place.partition(".")
            try:
                self._tools[tool].set_value(option, json.loads(value))
            except (KeyError, ValueError):
                _log.info("The kept option %s fits no tool of this version.", line)

    def keep(self, tool: Tool, name: str) -> None:
        """Remember one option of a tool; the size of the brush is one for all tools."""
        if name == SIZE.name:
            self._settings[_RADIUS] = float(tool.value(name))
        elif name not in _OF_THE_IMAGE:
            place = f"{tool.name}.{name}="
            others = tuple(line for line in self._settings[_KEPT] if not line.startswith(place))
            self._settings[_KEPT] = (*others, place + json.dumps(tool.value(name)))
