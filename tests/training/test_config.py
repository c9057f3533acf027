import pytest

from training.config import (
    RunConfig,
    apply_set,
    config_from_dict,
    config_to_dict,
    read_config,
    write_config,
)
from training.errors import ConfigError
from training.recipes import find_recipe, list_recipes


def test_written_and_read_again_is_the_same(tmp_path):
    config = apply_set(
        RunConfig(title="t"),
        ["network.arguments.width=16", "loss.class_weights.MA=2", "preprocess.size=96,128"],
    )
    write_config(tmp_path / "c.toml", config)
    assert read_config(tmp_path / "c.toml") == config
    assert config_from_dict(config_to_dict(config)) == config


def test_unknown_key_names_key_nearest_and_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[optimizer]\nlearning_rat = 0.1\n")
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    for part in ("optimizer.learning_rat", '"optimizer.learning_rate"', "mine.toml"):
        assert part in str(caught.value)


def test_wrong_kinds_and_ranges(tmp_path):
    path = tmp_path / "c.toml"
    for text, part in (
        ("epochs = 'ten'", "whole number"),
        ("epochs = true", "whole number"),
        ("epochs = 0", "at least 1"),
        ("loss = 3", "a table"),
        ("loss.name = 'hinge'", "bce-dice"),
        ("preprocess.size = [8]", "2 values"),
        ("preprocess.mode = 'stretch'", "squash"),
        ("augment.clahe = 2", "probability"),
        ("optimizer.learning_rate = 0", "above 0"),
        ("a = = b", "not valid TOML"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError) as caught:
            read_config(path)
        assert part in str(caught.value) and "c.toml" in str(caught.value)
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        read_config(tmp_path / "gone.toml")


def test_set_types_by_the_field():
    config = apply_set(
        RunConfig(),
        [
            "network.arguments.width=16",
            "network.arguments.weights=/some/path.pt",
            "network.arguments.frozen=true",
            "optimizer.learning_rate=1",
            "data.classes=MA, HE",
            "augment.quarter_turns=true",
            "title=3",
        ],
    )
    assert config.network.arguments == {"width": 16, "weights": "/some/path.pt", "frozen": True}
    assert config.optimizer.learning_rate == 1.0
    assert config.data.classes == ("MA", "HE")
    assert config.augment.quarter_turns is True
    assert config.title == "3"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("epoch=3", '"epochs"'),
        ("network.nam=x", '"network.name"'),
        ("network=x", "is a table"),
        ("epochs.many=3", "no keys"),
        ("epochs", "key=value"),
        ("epochs=many", "whole number"),
        ("augment.clahe=much", "a number"),
    ],
)
def test_bad_settings(text, part):
    with pytest.raises(ConfigError, match=part):
        apply_set(RunConfig(), [text])


def test_recipes_all_load_and_are_found(tmp_path):
    names = {recipe.name for recipe in list_recipes()}
    assert {"residual-unet", "multitask-unet", "polyp-mobilenet", "skin-mobilenet", "fine-tune"} <= names
    for recipe in list_recipes():
        assert recipe.title != recipe.name and recipe.config.description
    recipe = find_recipe("polyp-mobilenet")
    assert recipe.config.preprocess.size == (256, 256)
    assert recipe.config.batch_size == 8 and recipe.config.loss.name == "bce-dice"
    copy = tmp_path / "own.toml"
    copy.write_text(recipe.path.read_text())
    assert find_recipe(copy).config == recipe.config
    with pytest.raises(ConfigError, match="polyp-mobilenet"):
        find_recipe("polyp-mobilnet")
