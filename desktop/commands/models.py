"""`overread models` and `overread recipes`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from desktop.commands.base import Output, add_command, add_group, table


def declare(commands: Any) -> None:
    """Add `models` and `recipes` to the command line."""
    models = add_group(
        commands,
        "models",
        help="list, show and register models",
        examples="overread models list\noverread models show fundus-demo\noverread models add run/best",
    )
    add_command(models, "list", list_models, help="list the models that can be named")
    show = add_command(
        models, "show", show_model, help="show a model's description, schema, figures and layers"
    )
    show.add_argument("model", metavar="M", help="a model's name, or the folder of a bundle")
    show.add_argument(
        "--layers", type=int, default=2, metavar="N", help="depth of the table of layers (default: 2)"
    )
    add = add_command(models, "add", add_a_model, help="register a bundle, so that it can be named")
    add.add_argument("path", metavar="PATH", type=Path, help="the folder of a bundle, such as RUN/best")
    add.add_argument("--name", help="another name than the bundle's own")
    recipes = add_group(
        commands,
        "recipes",
        help="list and show training recipes",
        examples="overread recipes list\noverread recipes show fine-tune",
    )
    add_command(recipes, "list", list_the_recipes, help="list the recipes that `train` knows by name")
    shown = add_command(
        recipes, "show", show_recipe, help="print a recipe as the complete configuration it stands for"
    )
    shown.add_argument("recipe", metavar="R", help="a recipe's name, or a TOML file")


def list_models(_args: argparse.Namespace, output: Output) -> int:
    """`models list`."""
    from desktop.loop.library import known_models

    rows = []
    for model in known_models():
        manifest = model.manifest
        record: dict[str, Any] = {"name": model.name, "origin": model.origin, "path": str(model.path)}
        if manifest is None:
            rows.append((model.name, model.origin, model.problem or ""))
            output.event({"event": "model", **record, "problem": model.problem})
            continue
        asks = _asks(manifest.schema.to_dict())
        rows.append((model.name, model.origin, f"{manifest.network}, {asks}"))
        output.event(
            {"event": "model", **record, "network": manifest.network, "schema": manifest.schema.to_dict()}
        )
    output.line(table(rows) if rows else "No models yet; `overread models add PATH` registers a bundle.")
    return 0


def show_model(args: argparse.Namespace, output: Output) -> int:
    """`models show`. The weights' shapes are read from the file's header: torch is not needed."""
    from desktop.loop.library import find_model, tensor_shapes
    from inference.bundle import WEIGHTS_FILE, bundle_digest, read_manifest

    path = find_model(args.model)
    manifest = read_manifest(path)
    shapes = tensor_shapes(path / WEIGHTS_FILE)
    layers = layer_counts(shapes, args.layers)
    digest = bundle_digest(path)
    record = manifest.to_dict()
    # Thousands of hashes of seen images are for programs that ask the file itself.
    seen = {key: len(value) for key, value in record["seen"].items() if isinstance(value, list)}
    total = sum(layers.values())
    output.event(
        {"event": "model", "path": str(path), "digest": digest, **record, "seen": seen}
        | {"parameters": total, "layers": layers}
    )
    if output.as_json:
        return 0
    plain = ("name", "network", "domain", "licence", "attribution", "created", "dataset_digest", "parent")
    rows = [("path", str(path)), ("digest", digest)]
    rows += [(key, str(record[key])) for key in plain if record[key]]
    rows += [(f"  {key}", json.dumps(value)) for key, value in record["arguments"].items()]
    rows += [("asks", _asks(record["schema"])), ("learnt from", f"{seen.get('content_hashes', 0)} images")]
    rows += [("preprocessing", ", ".join(f"{k} {_short(v)}" for k, v in record["preprocessing"].items()))]
    rows += [(f"threshold of {key}", f"{value:g}") for key, value in record["thresholds"].items()]
    output.line(table(rows))
    for scale in record["schema"]["grades"]:
        output.line(f"grade {scale['name']} ({scale['kind']}): {', '.join(scale['values'])}")
    output.line("\nmetrics")
    output.line(table(_flat(record["metrics"])) or "  none are stated")
    output.line("\nparameters by layer")
    counted = [(f"  {name}", f"{count:,}") for name, count in layers.items()]
    output.line(table([*counted, ("  in all", f"{total:,}")]))
    return 0


def add_a_model(args: argparse.Namespace, output: Output) -> int:
    """`models add`."""
    from desktop.loop.library import add_model

    model = add_model(args.path, args.name)
    output.result(
        {"event": "added", "name": model.name, "path": str(model.path)},
        f"Registered as {model.name}: `overread predict FOLDER --model {model.name} --out DIR`",
    )
    return 0


def list_the_recipes(_args: argparse.Namespace, output: Output) -> int:
    """`recipes list`."""
    from training.recipes import list_recipes

    rows = []
    for recipe in list_recipes():
        rows.append((recipe.name, recipe.title))
        output.event(
            {
                "event": "recipe",
                "name": recipe.name,
                "title": recipe.title,
                "description": recipe.config.description,
                "path": str(recipe.path),
            }
        )
    output.line(table(rows))
    return 0


def show_recipe(args: argparse.Namespace, output: Output) -> int:
    """`recipes show`: the complete TOML, so that it can be saved, changed and given to `train`."""
    import tomli_w

    from training.config import config_to_dict
    from training.recipes import find_recipe

    recipe = find_recipe(args.recipe)
    values = config_to_dict(recipe.config)
    output.event({"event": "recipe", "name": recipe.name, "path": str(recipe.path), "config": values})
    output.line(tomli_w.dumps(values).rstrip())
    return 0


def layer_counts(shapes: dict[str, tuple[int, ...]], depth: int) -> dict[str, int]:
    """Parameters by the first `depth` parts of their names, in the order of the file's names.

    Running statistics of normalisation layers are no parameters and are not counted.
    """
    counts: Counter[str] = Counter()
    for name, shape in shapes.items():
        if name.endswith(("running_mean", "running_var", "num_batches_tracked")):
            continue
        product = 1
        for n in shape:
            product *= n
        parts = name.split(".")[:-1] or [name]
        counts[".".join(parts[: max(depth, 1)])] += product
    return dict(counts)


def _asks(schema: dict[str, Any]) -> str:
    parts = []
    for key, one in (("classes", "masks"), ("grades", "grades"), ("findings", "findings")):
        names = [entry["name"] for entry in schema[key] if not entry.get("retired")]
        if names:
            parts.append(f"{one} {', '.join(names)}")
    return "; ".join(parts) or "nothing"


def _short(value: Any) -> str:
    return "x".join(str(v) for v in value) if isinstance(value, list) else str(value)


def _flat(values: Any, prefix: str = "  ") -> list[tuple[str, str]]:
    """Nested figures as rows of dotted names."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, float):
            rows.append((f"{prefix}{key}", f"{value:.4g}"))
        elif not isinstance(value, list):
            rows.append((f"{prefix}{key}", str(value)))
    return rows
