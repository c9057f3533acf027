"""Models and runs as the pages are shown them in tests."""

from __future__ import annotations

from pathlib import Path

from desktop.panels.comparison import ComparedFigure, ComparedModels
from desktop.panels.models import ModelEntry, ModelsPage
from desktop.panels.training import Choice, Material, TrainingPage
from inference.bundle import Manifest
from tests.desktop.fakes import SCHEMA

METRICS = {
    "split": "test",
    "images": 12,
    "groups": 5,
    "classes": {
        "MA": {"dice": 0.412, "iou": 0.301, "images": 12},
        "HE": {"dice": 0.581, "iou": 0.44, "images": 11},
        "EX": {"dice": 0.734, "iou": 0.62, "images": 12},
    },
    "grades": {"severity": {"accuracy": 0.71, "kappa": 0.8, "images": 12}},
}


def manifest(name: str, domain: str = "synthetic") -> Manifest:
    return Manifest(
        name=name,
        network="multitask-unet",
        schema=SCHEMA,
        metrics=METRICS,
        domain=domain,
        licence="MIT",
        attribution="Made by Overread on generated images",
    )


def fill_models(page: ModelsPage) -> None:
    page.show_models(
        (
            ModelEntry(
                "fundus-demo",
                Path("/models/fundus-demo"),
                "comes with Overread",
                "a" * 64,
                manifest("fundus-demo"),
            ),
            ModelEntry(
                "retina v2", Path("/models/retina-v2"), "made here", "b" * 64, manifest("retina-v2", "fundus")
            ),
            ModelEntry(
                "damaged", Path("/models/damaged"), "registered", "", None, "weights.safetensors is missing."
            ),
        ),
        "b" * 64,
        "a" * 64,
    )


def fill_training(page: TrainingPage) -> None:
    page.show_material(
        Material({"train": 36, "val": 12, "test": 12}, {"train": 18, "val": 6, "test": 6}, False)
    )
    page.show_recipes(
        (Choice("quick", "Quick fine-tune", "Starts from the model in use; minutes on a processor.", 8),)
    )
    page.begin("Exporting the reviewed images")
    page.happened({"event": "started", "images": {"train": 36, "val": 12}, "device": "cpu"})
    for epoch in range(1, 6):
        page.happened(
            {
                "event": "epoch", "epoch": epoch, "epochs": 8, "train_loss": 1 / epoch,
                "val_loss": 1.2 / epoch + 0.1, "val_dice": 0.7 - 0.5 / epoch, "seconds": 12.0, "best": True,
            }
        )  # fmt: skip
        page.write(f"epoch {epoch} done in 12.0 s")
    page.show_comparison(
        ComparedModels(
            "retina v2",
            "retina v3",
            12,
            6,
            (
                ComparedFigure("MA", "Dice", 0.412, 0.447),
                ComparedFigure("HE", "Dice", 0.581, 0.566),
                ComparedFigure("severity", "Accuracy", None, 0.75),
            ),
            "Few images: read small differences with care.",
        )
    )
