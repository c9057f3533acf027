"""The command line: what each command does, how it ends, and what it does not import."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from desktop.cli import build_parser, version
from desktop.places import models_dir
from inference.bundle import bundle_digest
from inference.schema import write_schema
from tests.desktop.cli_support import (
    REPOSITORY,
    SCHEMA,
    Call,
    disc,
    run_program,
    write_dataset,
    write_model,
    write_png,
)
from training.dataset import open_dataset

# --- the whole ------------------------------------------------------------------------------------


def test_version_and_help_name_every_command(call: Call) -> None:
    assert call("--version") == f"overread {version()}\n"
    text = call("--help")
    names = "open tour init predict import export train evaluate simulate models recipes doctor"
    for name in names.split():
        assert f"\n    {name} " in text, name


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield name, command
                yield from _commands(command)


def test_every_command_explains_itself_and_speaks_json() -> None:
    found = dict(_commands(build_parser()))
    assert len(found) >= 15
    for name, command in found.items():
        text = command.format_help()
        group = any(isinstance(action, argparse._SubParsersAction) for action in command._actions)
        assert group or "--json" in text, name
        assert len(text.splitlines()) > 5, name


@pytest.mark.parametrize(
    "words",
    [
        "frobnicate",
        "init",
        "models",
        "predict x --model m",
        "predict x --model m --out o --batch 0",
        "export x --format dataset",
        "evaluate --model m --data d --split everything",
        "train fine-tune --data d --out o --missing-mask maybe",
    ],
)
def test_wrong_usage_is_status_2_with_the_usage(call: Call, words: str) -> None:
    call(*words.split(), status=2)
    assert call.error.startswith("usage: overread")


def test_a_setting_without_a_value_is_wrong_usage(call: Call, tmp_path: Path) -> None:
    said = call.fails(
        "train", "fine-tune", "--data", tmp_path, "--out", tmp_path / "r", "--set", "epochs", status=2
    )
    assert "key=value" in said


LIGHT = {
    "init": ["init", "{photographs}"],
    "models list": ["models", "list"],
    "models show": ["models", "show", "{model}"],
    "models add": ["models", "add", "{model}"],
    "recipes list": ["recipes", "list"],
    "recipes show": ["recipes", "show", "fine-tune"],
    "import": ["import", "{photographs}", "--format", "dataset", "{dataset}", "--reviewed-by", "ana"],
    "export": ["export", "{photographs}", "--format", "dataset", "--out", "{out}", "--reader", "ana"],
}


def test_commands_that_need_no_network_import_neither_torch_nor_qt(tmp_path: Path, photographs: Path) -> None:
    """In one process, in this order; whatever is imported anywhere on the way is seen."""
    dataset = write_dataset(tmp_path / "set")
    for n in range(6):
        write_png(photographs / f"p{n // 2}" / f"{n}.png", disc(n)[0])
    places = {"photographs": photographs, "model": write_model(tmp_path / "tiny"), "dataset": dataset}
    places["out"] = tmp_path / "out"
    commands = [[word.format(**places) for word in words] for words in LIGHT.values()]
    code = (
        "import json, sys\nfrom desktop.cli import main\n"
        f"for words in json.loads({json.dumps(json.dumps(commands))}):\n"
        "    assert main(words) == 0, words\n"
        "    heavy = {'torch', 'PySide6', 'torchvision', 'matplotlib', 'sklearn'} & set(sys.modules)\n"
        "    assert not heavy, (words, heavy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert [item.key for item in open_dataset(tmp_path / "out").items]


def test_the_parser_itself_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom desktop.cli import build_parser\nbuild_parser()\n"
        "heavy = {'torch', 'PySide6', 'numpy', 'cv2', 'sqlalchemy', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_an_unexpected_error_is_one_sentence_and_the_log_has_the_traceback(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a fault of the program")

    monkeypatch.setattr("desktop.loop.library.known_models", broken)
    call("models", "list", status=1)
    assert call.error.count("\n") == 1 and "ZeroDivisionError" in call.error
    assert "overread.log" in call.error and "Traceback" not in call.error
    assert "Traceback" in (tmp_path / "user-data/overread.log").read_text()


def test_a_failure_in_json_mode_is_an_object_too(call: Call) -> None:
    out = call("models", "show", "nothing", "--json", status=1)
    assert json.loads(out)["event"] == "failed"
    assert json.loads(out)["message"] in call.error


def test_control_c_ends_quietly(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("desktop.loop.library.known_models", interrupted)
    assert call("models", "list", status=130) == "" and call.error == ""


def test_a_reader_of_the_output_that_leaves_is_no_traceback() -> None:
    done = subprocess.run(
        f"{sys.executable} -m desktop recipes show fine-tune | head -c 1",
        shell=True,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_names_that_the_terminal_cannot_show_end_no_command(photographs: Path) -> None:
    (photographs / "p0/0.png").rename(photographs / "眼底.png")
    (photographs / "p0/1.png").rename(photographs / "caf\udce9.png")
    done = run_program("init", photographs, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "5 images" in done.stdout and "caf\\udce9.png" in done.stdout and "rename it" in done.stdout


# --- window ---------------------------------------------------------------------------------------


def test_without_a_screen_the_window_is_refused_with_the_way_out(
    call: Call, monkeypatch: pytest.MonkeyPatch, photographs: Path
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    said = call.fails("open", photographs)
    assert "no screen" in said and "overread tour" in said


def test_open_of_nothing_is_a_sentence(call: Call, tmp_path: Path) -> None:
    assert "does not exist" in call.fails("open", tmp_path / "nowhere")


# --- init, import, export -------------------------------------------------------------------------


def test_init_makes_a_project_and_says_what_it_found(call: Call, photographs: Path, tmp_path: Path) -> None:
    write_schema(tmp_path / "schema.json", SCHEMA)
    schema = tmp_path / "schema.json"
    made = call.json("init", photographs, "--schema", schema, "--groups", "folder", "--name", "Colon")[-1]
    assert (made["name"], made["images"], made["groups"], made["problems"]) == ("Colon", 6, 3, 0)
    assert made["grouping_known"] and (photographs / ".overread/project.sqlite").is_file()
    assert "has a project already" in call.fails("init", photographs)


def test_init_without_groups_says_so_and_offers_a_pattern(call: Call, tmp_path: Path) -> None:
    for n in range(12):
        write_png(tmp_path / "eyes" / f"P{n // 2:02d}_{'LR'[n % 2]}.png", disc(n)[0])
    text = call("init", tmp_path / "eyes")
    assert "Grouping unknown" in text and "--groups '" in text
    pattern = text.split("--groups '")[1].split("'")[0]
    for n in range(12):
        write_png(tmp_path / "again" / f"P{n // 2:02d}_{'LR'[n % 2]}.png", disc(n)[0])
    assert "6 groups" in call("init", tmp_path / "again", "--groups", pattern)


def test_init_takes_groups_from_a_table_and_refuses_nonsense(
    call: Call, photographs: Path, tmp_path: Path
) -> None:
    assert "regular expression" in call.fails("init", photographs, "--groups", "(")
    assert "does not exist" in call.fails("init", photographs, "--groups", tmp_path / "no.csv")
    assert "is not a folder" in call.fails("init", photographs / "p0/0.png")
    assert not (photographs / ".overread").exists()
    table = tmp_path / "groups.csv"
    table.write_text(
        "image,group\n" + "".join(f"p{n // 2}/{n}.png,{'a' if n < 4 else 'b'}\n" for n in range(6))
    )
    assert "2 groups" in call("init", photographs, "--groups", table)


def test_init_of_a_dataset_takes_its_classes_and_groups(call: Call, tmp_path: Path) -> None:
    made = call.json("init", write_dataset(tmp_path / "set", groups=3))[-1]
    assert [c["name"] for c in made["schema"]["classes"]] == ["polyp"]
    assert (made["images"], made["groups"]) == (6, 3)


def test_import_and_export_round_trip(call: Call, tmp_path: Path) -> None:
    source = write_dataset(tmp_path / "set")
    write_png(tmp_path / "eyes/00.png", disc(0)[0])
    write_png(tmp_path / "eyes/01.png", disc(1)[0])
    call("init", tmp_path / "eyes")
    text = call("import", tmp_path / "eyes", "--format", "dataset", source, "--reviewed-by", "ana")
    assert (
        "Labels of 2 images imported, reviewed by ana: 2 masks" in text
        and "18 images of the dataset are not" in text
    )
    words = ["export", tmp_path / "eyes", "--format", "dataset", "--out", tmp_path / "out", "--reader", "ana"]
    done = call.json(*words)[-1]
    assert done["counts"]["images"] == 2
    items = open_dataset(tmp_path / "out").items
    assert np.array_equal(items[1].read_mask("polyp"), disc(1)[1])


# --- models and recipes ---------------------------------------------------------------------------


def test_models_can_be_added_named_and_shown(call: Call, tmp_path: Path) -> None:
    bundle = write_model(tmp_path / "tiny")
    call("models", "add", bundle)
    call("models", "add", bundle)
    assert (models_dir() / "tiny").is_dir()
    names = {m["name"]: m for m in call.json("models", "list")}
    assert names["tiny"]["origin"] == "registered"
    text = call("models", "show", "tiny")
    for word in ("multitask-unet", bundle_digest(bundle), "polyp", "poor, fair, good", "0.5", "in all"):
        assert word in text, word
    (shown,) = call.json("models", "show", bundle)
    import torch

    from inference.predictor import load_network

    network, _ = load_network(bundle)
    assert shown["parameters"] == sum(p.numel() for p in network.parameters())
    assert isinstance(next(iter(network.parameters())), torch.Tensor)


def test_another_model_of_a_taken_name_needs_another_name(call: Call, tmp_path: Path) -> None:
    call("models", "add", write_model(tmp_path / "tiny"))
    other = write_model(tmp_path / "other", network="residual-unet")
    assert "is registered already" in call.fails("models", "add", other, "--name", "tiny")
    call("models", "add", other, "--name", "tiny-2")
    assert "cannot be used" in call.fails("models", "add", other, "--name", "../evil")


def test_unknown_names_suggest_the_nearest(call: Call, tmp_path: Path) -> None:
    call("models", "add", write_model(tmp_path / "tiny"))
    assert "did you mean tiny?" in call.fails("models", "show", "tinny")
    assert "fine-tune" in call.fails("recipes", "show", "finetune")
    assert "fine-tune" in call.fails("train", "finetune", "--data", tmp_path, "--out", tmp_path / "run")
    assert "did you mean dataset" in call.fails(
        "export", tmp_path, "--format", "datset", "--out", tmp_path / "o"
    )


def test_a_shown_recipe_can_be_saved_and_used(call: Call, tmp_path: Path) -> None:
    for recipe in call.json("recipes", "list"):
        path = tmp_path / f"{recipe['name']}.toml"
        path.write_text(call("recipes", "show", recipe["name"]))
        (again,) = call.json("recipes", "show", path)
        (first,) = call.json("recipes", "show", recipe["name"])
        assert again["config"] == first["config"]
