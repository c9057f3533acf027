from pathlib import Path

from desktop.places import data_dir
from desktop.sample import folder_domain, prepare_sample


def test_copy_has_images_and_no_truth(tmp_path: Path) -> None:
    folder = prepare_sample(tmp_path / "sample")
    assert len(list(folder.glob("*.jpg"))) == 24
    assert not list(folder.rglob("*.png"))
    assert not list(folder.rglob("*.part"))
    assert folder_domain(folder) == "synthetic"


def test_second_call_keeps_what_is_there(tmp_path: Path) -> None:
    folder = prepare_sample(tmp_path / "sample")
    (folder / "groups.csv").write_text("image,group\n")
    assert prepare_sample(tmp_path / "sample") == folder
    assert (folder / "groups.csv").read_text() == "image,group\n"


def test_default_place_is_the_users() -> None:
    assert prepare_sample() == data_dir() / "sample"


def test_other_folders_have_no_known_domain(tmp_path: Path) -> None:
    assert folder_domain(tmp_path) == ""
    (tmp_path / "dataset.json").write_text("not json")
    assert folder_domain(tmp_path) == ""
    (tmp_path / "dataset.json").write_text('{"provenance": {"source": "hospital"}}')
    assert folder_domain(tmp_path) == ""
