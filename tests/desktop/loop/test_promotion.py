"""Incumbent against candidate, and the way there and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desktop.loop.base import LoopError, run_child
from desktop.loop.promotion import comparison_of, promote, roll_back
from desktop.project.errors import ProjectError
from desktop.project.project import Project
from tests.desktop.cli_support import SCHEMA, disc, write_model, write_png


def evaluation(
    model: str, dices: dict[str, float], *, name: str = "polyp", notes: list[str] | None = None
) -> dict[str, Any]:
    rows = [{"key": k, "group": k[0], "classes": {name: {"dice": d}}, "grades": {}} for k, d in dices.items()]
    return {
        "model_digest": model,
        "dataset_digest": "data",
        "split": "test",
        "grouping_known": True,
        "classes": {name: {}},
        "grades": {},
        "per_image": rows,
        "notes": notes or [],
    }


def test_both_are_compared_on_the_same_images_only() -> None:
    old = evaluation("old", {"a1": 0.2, "a2": 0.4, "b1": 0.9})
    new = evaluation("new", {"a1": 0.5, "a2": 0.7, "c1": 0.1})
    found = comparison_of(old, new)
    (figure,) = found.figures
    assert (found.incumbent, found.candidate, found.images, found.groups) == ("old", "new", 2, 1)
    assert figure.incumbent == pytest.approx(0.3) and figure.candidate == pytest.approx(0.6)
    assert figure.difference == pytest.approx(0.3) and figure.images == 2
    assert any("neither model learnt from" in note for note in found.notes)


def test_without_an_incumbent_and_with_other_classes() -> None:
    new = evaluation("new", {"a1": 0.5}, notes=["Grouping unknown."])
    found = comparison_of(None, new, note="No model was in use before.")
    assert found.incumbent is None and found.figures[0].incumbent is None
    assert found.notes == ("No model was in use before.", "Grouping unknown.")
    other = comparison_of(evaluation("old", {"a1": 0.8}, name="tool"), new)
    assert [(f.name, f.incumbent, f.candidate, f.difference) for f in other.figures] == [
        ("polyp", None, 0.5, None),
        ("tool", 0.8, None, None),
    ]


def test_grades_are_compared_by_accuracy() -> None:
    old, new = evaluation("old", {"a1": 1.0, "b1": 1.0}), evaluation("new", {"a1": 1.0, "b1": 1.0})
    for side, said in ((old, ("poor", "poor")), (new, ("poor", "good"))):
        side["grades"] = {"quality": {}}
        for row, value in zip(side["per_image"], said, strict=True):
            row["grades"] = {
                "quality": {"true": "good" if row["key"] == "b1" else "poor", "predicted": value}
            }
    figure = comparison_of(old, new).figures[1]
    assert (figure.measure, figure.incumbent, figure.candidate) == ("accuracy", 0.5, 1.0)


def test_one_click_there_and_one_back(tmp_path: Path) -> None:
    write_png(tmp_path / "eyes/a.png", disc(0)[0])
    old, new = write_model(tmp_path / "old"), write_model(tmp_path / "new", network="residual-unet")
    from inference.bundle import bundle_digest

    with Project.create(tmp_path / "eyes", SCHEMA, reader="ana") as project:
        with pytest.raises(ProjectError, match="not registered"):
            promote(project, old)
        for bundle in (old, new):
            project.register_model(bundle, bundle_digest(bundle), bundle.name).result()
        promote(project, old)
        comparison = comparison_of(evaluation("old", {"a1": 0.2}), evaluation("new", {"a1": 0.5}))
        row = promote(project, new, comparison)
        assert row.digest == bundle_digest(new) and row.evidence["figures"][0]["candidate"] == 0.5
        assert project.promotions()[-1].evidence == row.evidence
        assert roll_back(project).digest == bundle_digest(old)
        incumbent = project.incumbent()
        assert incumbent is not None and incumbent.name == "old"


def test_a_child_that_fails_is_its_own_sentence() -> None:
    import sys

    said = '{"event": "failed", "message": "No training images."}'
    with pytest.raises(LoopError, match=r"^No training images\.$"):
        run_child([sys.executable, "-c", f"print('''{said}'''); raise SystemExit(1)"])
    with pytest.raises(LoopError, match="status 3: last words"):
        run_child([sys.executable, "-c", "import sys; sys.stderr.write('last words\\n'); sys.exit(3)"])
    with pytest.raises(LoopError, match="memory ran out"):
        run_child([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    with pytest.raises(LoopError):
        run_child([sys.executable, "-c", "print('hello')"])


def test_a_child_that_writes_much_on_both_streams_does_not_stand_still() -> None:
    import sys

    code = (
        "import sys\n"
        "for n in range(3000):\n    sys.stderr.write('x' * 100 + '\\n')\n"
        "print('a library speaks')\n"
        'print(\'{"event": "notice", "text": "done"}\')\n'
    )
    seen = []
    last = run_child([sys.executable, "-c", code], on_event=seen.append)
    assert seen == [last] and last.event == "notice"
