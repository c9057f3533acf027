"""Which keys reach which action: the records' own, and what the person at this desk changed. No Qt.

Only what differs is kept, one text an action: ``"tool.brush = B | Ctrl+B"``; nothing after the sign means
that the action has no key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from desktop.actions.record import Action

BETWEEN = " | "
IS = " = "


def read_overrides(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the shortcuts by action id. A line that is not understood is passed over: the own keys hold."""
    found: dict[str, tuple[str, ...]] = {}
    for line in lines:
        key, sign, text = line.partition(IS.rstrip())
        if sign and key.strip():
            parts = text.removeprefix(" ").split(BETWEEN)
            found[key.strip()] = tuple(part.strip() for part in parts if part.strip())
    return found


def write_overrides(overrides: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the lines that `read_overrides` reads, in the order of the ids."""
    return tuple(f"{key}{IS}{BETWEEN.join(overrides[key])}".rstrip() for key in sorted(overrides))


class Keymap:
    """The keys of a set of actions. It always ends without a conflict: what a person chose goes first."""

    def __init__(self, actions: Sequence[Action], overrides: Iterable[str] = ()) -> None:
        self._own = {action.id: action for action in actions}
        known = read_overrides(overrides)
        # An action that this version does not know keeps its keys, for the version that does.
        self._strange = {key: keys for key, keys in known.items() if key not in self._own}
        self._chosen: dict[str, tuple[str, ...]] = {}
        for key, keys in known.items():
            if key in self._own:
                free = tuple(one for one in keys if not self._owners_among(self._chosen, one))
                self._chosen[key] = free

    def keys(self, action_id: str) -> tuple[str, ...]:
        """Return the shortcuts of an action, the first is the one shown."""
        if action_id in self._chosen:
            return self._chosen[action_id]
        own = self._own[action_id].shortcuts
        return tuple(one for one in own if not self._owners_among(self._chosen, one))

    def is_changed(self, action_id: str) -> bool:
        """Whether these are not the action's own keys."""
        return self.keys(action_id) != self._own[action_id].shortcuts

    def records(self) -> tuple[Action, ...]:
        """Return the actions with the keys in force."""
        return tuple(
            replace(one, shortcuts=self.keys(one.id)) if self.is_changed(one.id) else one
            for one in self._own.values()
        )

    def owner(self, shortcut: str, besides: str = "") -> Action | None:
        """Return the action that has this shortcut now, another than ``besides``; None when it is free."""
        for key, action in self._own.items():
            if key != besides and _has(self.keys(key), shortcut):
                return action
        return None

    def give(self, action_id: str, shortcuts: Sequence[str]) -> None:
        """Give an action exactly these shortcuts; whoever had one of them loses it."""
        wanted = tuple(dict.fromkeys(shortcuts))
        for shortcut in wanted:
            while (owner := self.owner(shortcut, action_id)) is not None:
                rest = tuple(one for one in self.keys(owner.id) if not _same(one, shortcut))
                self._chosen[owner.id] = rest
        self._chosen[action_id] = wanted
        self._tidy()

    def reset(self, action_id: str) -> None:
        """Give an action its own keys back, from whoever has them now."""
        self.give(action_id, self._own[action_id].shortcuts)

    def reset_all(self) -> None:
        """All actions have their own keys again."""
        self._chosen.clear()
        self._strange.clear()

    def overrides(self) -> tuple[str, ...]:
        """Return what has to be kept: only what differs."""
        return write_overrides(self._strange | self._chosen)

    def _tidy(self) -> None:
        for key in [one for one, keys in self._chosen.items() if keys == self._own[one].shortcuts]:
            del self._chosen[key]

    @staticmethod
    def _owners_among(chosen: Mapping[str, tuple[str, ...]], shortcut: str) -> list[str]:
        return [key for key, keys in chosen.items() if _has(keys, shortcut)]


def _has(keys: Iterable[str], shortcut: str) -> bool:
    return any(_same(one, shortcut) for one in keys)


def _same(first: str, second: str) -> bool:
    return first.lower() == second.lower()
