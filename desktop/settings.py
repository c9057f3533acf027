"""Settings as records. The file holds only what differs from the defaults.

The file is ``settings.toml`` in the user's configuration folder (``OVERREAD_CONFIG_DIR`` overrides it).
Nothing of a project is kept here: that is in the project's own store.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop.errors import DesktopError
from desktop.places import config_dir

RECENT_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: a dotted id, its default (which fixes the type), what it does, and its allowed values."""

    id: str
    default: bool | int | float | str | tuple[str, ...] | tuple[int, ...]
    text: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    section: str = ""
    """Where a person finds it on the settings page; "" for what is remembered without being asked."""
    unit: str = ""

    @property
    def type(self) -> type:
        """The Python type of a value."""
        return type(self.default)

    def check(self, value: object) -> Any:
        """Return the value as this setting keeps it; SettingError when it does not fit."""
        if self.type is tuple and isinstance(value, list | tuple):
            kind = int if self.default and isinstance(self.default[0], int) else str  # type: ignore[index]
            if all(isinstance(one, kind) and not isinstance(one, bool) for one in value):
                return tuple(value)
        elif self.type is float and isinstance(value, int | float) and not isinstance(value, bool):
            return self._in_range(float(value))
        elif self.type is int and type(value) is int:
            return self._in_range(value)
        elif type(value) is self.type and (not self.choices or value in self.choices):
            return value
        allowed = f" (one of {', '.join(self.choices)})" if self.choices else ""
        raise SettingError(
            f"The setting {self.id} cannot be {value!r}: it takes a {self.type.__name__}{allowed}."
        )

    def _in_range(self, value: float) -> float:
        low = value if self.low is None else self.low
        high = value if self.high is None else self.high
        return min(max(value, type(value)(low)), type(value)(high))


class SettingError(DesktopError):
    """A value that a setting cannot take, or a setting that does not exist."""


SETTINGS: tuple[Setting, ...] = (
    Setting("view.theme", "system", "Theme", ("system", "dark", "light"), section="Look"),
    Setting("view.gallery_width", 208, "Width of the image list in pixels", low=120, high=640),
    Setting("view.grid", False, "Images as a grid of thumbnails"),
    Setting("view.grid_size", 1, "Size of the grid's thumbnails: 0 small, 1 middle, 2 large", low=0, high=2),
    Setting(
        "view.other_gallery_width",
        456,
        "Width of the images as a grid (as a list, while a grid is shown)",
        low=120,
        high=640,
    ),
    Setting("view.group_folded", False, "The strip of the group is folded"),
    Setting("view.panel_width", 288, "Width of the right panel in pixels", low=200, high=640),
    Setting("view.tabs_height", 288, "Height of the tabs in the right panel in pixels", low=120, high=2000),
    Setting("view.side_tab", "history", "The tab shown in the right panel"),
    Setting("view.geometry", "", "Place and size of the window, as Qt writes it (base64)"),
    Setting("view.keep_place", False, "Keep zoom and place from image to image", section="View"),
    Setting(
        "view.keep_settings", True, "Keep brightness, channel and so on from image to image", section="View"
    ),
    Setting("view.overview", True, "A small map while a part of the image is seen"),
    Setting("view.brightness", 0.0, "Brightness of the view", low=-1, high=1),
    Setting("view.contrast", 0.0, "Contrast of the view", low=-1, high=1),
    Setting("view.gamma", 1.0, "Gamma of the view", low=0.2, high=5),
    Setting("view.channel", "colour", "Channel shown", ("colour", "grey", "red", "green", "blue")),
    Setting("view.clahe", False, "Local contrast evened (CLAHE)"),
    Setting("view.window", "", "Native values shown as black and white: kind, low, high"),
    Setting("view.page", "review", "The page shown last", ("review", "models", "training")),
    Setting(
        "tool.brush_radius",
        20.0,
        "Radius of brush and eraser",
        low=0.5,
        high=500,
        section="Tools",
        unit="image pixels",
    ),
    Setting("tool.pressure", True, "A pen's pressure sets the size of the brush", section="Tools"),
    Setting("tool.options", (), "Options of tools that were set (see desktop.controllers.tool_memory)"),
    Setting("tool.name", "brush", "The tool in the hand at the start"),
    Setting("figure.folder", "", "Where a figure or a table was saved last"),
    Setting("projects.recent", (), "Folders opened last, the newest first"),
    Setting("projects.opened", (), "When each of them was opened last: a time (UTC), a space, the folder"),
    Setting("projects.open_last", True, "Open the last project when Overread starts", section="Start"),
    Setting(
        "predict.automatically",
        True,
        "Predict the whole folder ahead with the model in use",
        section="Models",
    ),
    Setting("training.device", "auto", "Where a fine-tune runs", ("auto", "cpu", "cuda"), section="Training"),
    Setting("keys.overrides", (), "Shortcuts that were changed (see desktop.actions.keymap)"),
    Setting("palette.recent", (), "Actions taken last from the command palette, the newest first"),
)
_BY_ID = {setting.id: setting for setting in SETTINGS}


class Settings:
    """The settings in force. ``problem`` is one sentence when the file could not be read, else None."""

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or config_dir()) / "settings.toml"
        self.problem: str | None = None
        self._values: dict[str, Any] = {}
        self._unknown: dict[str, Any] = {}
        self._read()

    def _read(self) -> None:
        try:
            raw = tomllib.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self._set_aside(error)
            return
        refused = []
        for key, value in _flat(raw):
            # A newer version's settings are kept, so that going back and forth loses nothing.
            if key not in _BY_ID:
                self._unknown[key] = value
                continue
            try:
                self._values[key] = _BY_ID[key].check(value)
            except SettingError:
                refused.append(key)
        if refused:
            self.problem = (
                f"Not understood in {self.path.name} and left at the default: {', '.join(refused)}."
            )

    def _set_aside(self, error: Exception) -> None:
        broken = self.path.with_suffix(".toml.broken")
        try:
            self.path.replace(broken)
        except OSError:
            end = f"nothing is kept until {self.path.parent} is a folder that can be used."
        else:
            end = f"the file is kept as {broken.name}."
        self.problem = (
            f"The settings file {self.path.name} could not be read ({type(error).__name__}); "
            f"the defaults are in force, and {end}"
        )

    def __getitem__(self, key: str) -> Any:
        return self._values.get(key, _find(key).default)

    def __setitem__(self, key: str, value: object) -> None:
        setting = _find(key)
        checked = setting.check(value)
        if checked == setting.default:
            self._values.pop(key, None)
        else:
            self._values[key] = checked

    @property
    def overrides(self) -> dict[str, Any]:
        """What differs from the defaults."""
        return dict(self._values)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Folders opened last, the newest first."""
        return tuple(Path(one) for one in self["projects.recent"])

    def add_recent(self, folder: Path) -> None:
        """Put a folder at the head of the recent ones."""
        text = str(folder)
        rest = [one for one in self["projects.recent"] if one != text]
        self["projects.recent"] = kept = tuple([text, *rest][:RECENT_LIMIT])
        times = {one.partition(" ")[2]: one for one in self["projects.opened"]}
        times[text] = f"{datetime.now(UTC).isoformat(timespec='minutes')} {text}"
        self["projects.opened"] = tuple(times[one] for one in kept if one in times)

    def forget_recent(self, folder: Path) -> None:
        """Take a folder off the list of recent ones."""
        text = str(folder)
        self["projects.recent"] = tuple(one for one in self["projects.recent"] if one != text)
        self["projects.opened"] = tuple(
            one for one in self["projects.opened"] if one.partition(" ")[2] != text
        )

    def opened_at(self, folder: Path) -> datetime | None:
        """Return when a recent folder was opened last (UTC); None when that is not known."""
        for one in self["projects.opened"]:
            moment, _, text = one.partition(" ")
            if text == str(folder):
                try:
                    return datetime.fromisoformat(moment)
                except ValueError:
                    return None
        return None

    def save(self) -> None:
        """Write the overrides; OSError when the folder cannot be written."""
        import tomli_w

        tree: dict[str, Any] = {}
        for key, value in sorted((self._unknown | self._values).items()):
            branch = tree
            *above, leaf = key.split(".")
            for name in above:
                branch = branch.setdefault(name, {})
            branch[leaf] = list(value) if isinstance(value, tuple) else value
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".toml.new")
        fresh.write_text(tomli_w.dumps(tree), "utf-8")
        fresh.replace(self.path)


def _find(key: str) -> Setting:
    try:
        return _BY_ID[key]
    except KeyError:
        raise SettingError(f"There is no setting {key}.") from None


def _flat(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in tree.items():
        key = f"{above}{name}"
        pairs += _flat(value, f"{key}.") if isinstance(value, dict) else [(key, value)]
    return pairs
