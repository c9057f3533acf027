"""What can be done to many images at once, as records. Imports no database: panels make these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CHUNK: Final = 200
"""Images a transaction: some 20 ms, so that a stroke meanwhile is acknowledged as soon as ever."""


@dataclass(frozen=True, slots=True)
class SetValue:
    """Give a grade or a finding (`target` "grade:<scale>" or "finding:<name>"); None takes it away."""

    target: str
    value: str | None

    @property
    def text(self) -> str:
        """The name of the undo step on each image."""
        return f"{self.target.partition(':')[2]}: {self.value or 'not set'}"


@dataclass(frozen=True, slots=True)
class SetAside:
    """Reject for a reason, or ask for a second look: `status` is one of the two."""

    status: str
    reason: str = ""

    @property
    def text(self) -> str:
        """What was done, in words."""
        return f"{self.status}: {self.reason}" if self.reason else self.status


@dataclass(frozen=True, slots=True)
class FinishValues:
    """Finish what has a grade or a finding: these are confirmed, and nothing else.

    No mask is confirmed, since none was on the screen: classes stay unreviewed and train nothing. Images
    that are finished or rejected already, or of which nothing is set, are left alone.
    """

    @property
    def text(self) -> str:
        """What was done, in words."""
        return "finished, values only"


BulkChange = SetValue | SetAside | FinishValues
