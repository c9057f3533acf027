"""How a status is shown: a shape, a colour and a word, the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """The icon (its shape alone tells the status), the theme token of its colour, and the word."""

    icon: str
    token: str
    text: str


MARKS: dict[str, Mark] = {
    "unseen": Mark("status-unseen", "text_quiet", "Unseen"),
    "in progress": Mark("status-in-progress", "text", "In progress"),
    "accepted": Mark("status-accepted", "good", "Accepted"),
    "corrected": Mark("status-corrected", "accent", "Corrected"),
    "rejected": Mark("status-rejected", "bad", "Rejected"),
    "second look": Mark("status-second-look", "warn", "Second look"),
    "broken": Mark("status-broken", "bad", "Cannot be read"),
}
FINISHED = ("accepted", "corrected", "rejected")


def mark_of(status: str, problem: str | None = None) -> Mark:
    """Return the mark of a status; a file that cannot be read is "broken" whatever its status."""
    return MARKS["broken" if problem else status]
