"""The recipes that come with the program, and recipes in files: run configurations with a title."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from training.config import RunConfig, read_config
from training.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe's name (its file's stem), where it is, and what it holds."""

    name: str
    path: Path
    config: RunConfig

    @property
    def title(self) -> str:
        """What a person sees in a list."""
        return self.config.title or self.name


def recipes_folder() -> Path:
    """The folder of the bundled recipes, in a checkout and in an installed wheel alike."""
    return Path(str(resources.files("resources").joinpath("recipes")))


def list_recipes() -> tuple[Recipe, ...]:
    """All bundled recipes by name. Raises ConfigError when one of them cannot be used."""
    return tuple(_load(path) for path in sorted(recipes_folder().glob("*.toml")))


def find_recipe(name_or_path: str | Path) -> Recipe:
    """The bundled recipe of this name, else the one in this file.

    Raises ConfigError that names the nearest known recipe when there is neither.
    """
    text = str(name_or_path)
    bundled = recipes_folder() / f"{text}.toml"
    if "/" not in text and "\\" not in text and bundled.is_file():
        return _load(bundled)
    path = Path(text)
    if path.is_file():
        return _load(path)
    names = [item.stem for item in sorted(recipes_folder().glob("*.toml"))]
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.4)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(names)}."
    raise ConfigError(f'There is no recipe and no file "{text}"; {hint}')


def _load(path: Path) -> Recipe:
    return Recipe(path.stem, path, read_config(path))
