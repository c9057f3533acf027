"""What can be set of a tool, as records: the option strip draws them, keys change them, tools read them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Option", "OptionValue"]

OptionValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to set. The default's type tells its kind: a switch, a number, or one of ``choices``.

    Numbers lie between ``low`` and ``high`` (in ``unit``); ``smaller`` and ``larger`` are the names of the
    keys (Qt's portable ones, without modifiers) that change them by ``step``, or by the factor ``step`` when
    it is above 1 and ``geometric``. A switch is turned, and the next choice taken, by ``larger``.
    """

    name: str
    text: str
    default: OptionValue
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    smaller: str = ""
    larger: str = ""
    geometric: bool = False
    hint: str = ""

    def fit(self, value: OptionValue) -> OptionValue:
        """The value as this option keeps it: of its type, inside its range. Raises ``ValueError``."""
        if self.choices:
            if value not in self.choices:
                raise ValueError(f"{self.text} is one of {', '.join(self.choices)}, not {value!r}.")
            return value
        if isinstance(self.default, bool):
            return bool(value)
        if isinstance(value, bool | str):
            raise ValueError(f"{self.text} is a number, not {value!r}.")
        inside = min(max(float(value), self.low), self.high)
        return round(inside) if isinstance(self.default, int) else inside

    def stepped(self, value: OptionValue, direction: int) -> OptionValue:
        """The value one step up (+1) or down (-1); a switch turned; the next or the previous choice."""
        if self.choices:
            at = self.choices.index(str(value))
            return self.choices[(at + direction) % len(self.choices)]
        if isinstance(self.default, bool) or isinstance(value, bool | str):
            return not value
        if self.geometric:
            return self.fit(value * self.step**direction)
        return self.fit(value + self.step * direction)
