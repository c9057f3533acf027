"""Settings: only overrides are written, anything odd in the file is survived and told."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from desktop.settings import RECENT_LIMIT, SETTINGS, SettingError, Settings


def test_a_fresh_file_holds_only_what_differs(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings["view.theme"] = "light"
    settings["tool.brush_radius"] = 20.0  # the default
    settings.save()
    assert tomllib.loads((tmp_path / "settings.toml").read_text()) == {"view": {"theme": "light"}}
    again = Settings(tmp_path)
    assert again["view.theme"] == "light"
    assert again["tool.brush_radius"] == 20.0


def test_back_to_the_default_takes_the_override_away(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings["view.theme"] = "dark"
    settings["view.theme"] = "system"
    assert settings.overrides == {}


def test_the_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERREAD_CONFIG_DIR", str(tmp_path / "here"))
    settings = Settings()
    settings["tool.brush_radius"] = 7
    settings.save()
    assert (tmp_path / "here" / "settings.toml").is_file()
    assert Settings()["tool.brush_radius"] == 7.0


@pytest.mark.parametrize(
    ("key", "value"),
    [("view.theme", "pink"), ("view.theme", 3), ("tool.brush_radius", "big"), ("projects.open_last", 1)],
)
def test_values_that_do_not_fit_are_refused(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(SettingError, match=key):
        Settings(tmp_path)[key] = value


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no setting view\.colour"):
        Settings(tmp_path)["view.colour"]


def test_numbers_are_kept_in_range(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings["tool.brush_radius"] = 1e9
    assert settings["tool.brush_radius"] == 500.0
    settings["view.panel_width"] = 1
    assert settings["view.panel_width"] == 200


def test_a_broken_file_is_kept_aside_and_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[[[")
    settings = Settings(tmp_path)
    assert settings["view.theme"] == "system"
    assert "settings.toml.broken" in (settings.problem or "")
    assert (tmp_path / "settings.toml.broken").read_text() == "[[["


def test_a_wrong_value_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[view]\ntheme = "pink"\ngallery_width = 300\n')
    settings = Settings(tmp_path)
    assert settings["view.theme"] == "system"
    assert settings["view.gallery_width"] == 300
    assert "view.theme" in (settings.problem or "")


def test_a_newer_versions_settings_survive(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[future]\nthing = "kept"\n')
    settings = Settings(tmp_path)
    settings["view.theme"] = "dark"
    settings.save()
    written = tomllib.loads((tmp_path / "settings.toml").read_text())
    assert written == {"future": {"thing": "kept"}, "view": {"theme": "dark"}}


def test_recent_folders_newest_first_without_doubles(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    for name in [*(f"p{i}" for i in range(RECENT_LIMIT + 3)), "p5"]:
        settings.add_recent(tmp_path / name)
    assert len(settings.recent) == RECENT_LIMIT
    assert settings.recent[0] == tmp_path / "p5"
    assert len(set(settings.recent)) == RECENT_LIMIT
    settings.save()
    assert Settings(tmp_path).recent == settings.recent


def test_every_record_accepts_its_own_default() -> None:
    assert len({setting.id for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.check(setting.default) == setting.default
        assert setting.text


def test_a_folder_that_cannot_be_used_is_not_said_to_keep_a_file(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    settings = Settings(tmp_path / "config")
    assert settings["view.theme"] == "system"
    assert ".broken" not in (settings.problem or "")
    assert "nothing is kept until" in (settings.problem or "") and "config" in (settings.problem or "")
    assert [path.name for path in tmp_path.iterdir()] == ["config"]
