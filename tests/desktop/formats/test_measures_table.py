import csv
import errno
import io

import pytest

from desktop.formats.measures_table import as_csv, as_tsv, table, write_text, write_whole
from desktop.project.measures import ClassMeasures, Spacing

MEASURES = {
    0: ClassMeasures(3, 300, 200, 0.0025, 50.0, (60.5, 20.5), (40.0, 30.0)),
    1: ClassMeasures(),
}
CLASSES = {0: "MA", 1: "HE", 2: "retired"}


def read(text, delimiter=","):
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_every_figure_has_its_unit_and_what_is_not_known_is_empty():
    ma, he = read(as_csv(table("eye, left.png", CLASSES, MEASURES, Spacing(0.01, 0.01), "Fovea")))
    assert ma["image"] == "eye, left.png" and ma["class"] == "MA"
    assert (ma["lesions"], ma["area_px"], ma["mean_px"], ma["largest_px"]) == ("3", "300", "100", "200")
    assert (ma["area_mm2"], ma["mean_mm2"], ma["largest_mm2"]) == ("0.03", "0.01", "0.02")
    assert (ma["nearest to Fovea_px"], ma["nearest to Fovea_mm"]) == ("50", "0.5")
    assert (he["lesions"], he["area_px"]) == ("0", "0")
    assert he["mean_px"] == he["largest_mm2"] == he["nearest to Fovea_mm"] == ""
    unscaled = read(as_csv(table("a", CLASSES, MEASURES, None, "")))[0]
    assert unscaled["area_mm2"] == unscaled["mm_per_px_x"] == "" and unscaled["area_px"] == "300"


def test_a_spacing_that_differs_across_and_down_counts_both_ways():
    one = read(as_tsv(table("a", CLASSES, MEASURES, Spacing(0.01, 0.02), "Fovea")), "\t")[0]
    assert float(one["nearest to Fovea_mm"]) == pytest.approx((0.4**2 + 0.6**2) ** 0.5, rel=1e-5)
    assert float(one["area_mm2"]) == pytest.approx(0.06)


def test_a_name_is_never_a_formula():
    rows = read(as_csv(table("=cmd()", {0: "+1"}, MEASURES, None, "")))
    assert rows[0]["image"] == "'=cmd()" and rows[0]["class"] == "'+1"


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    write_text(path, "first\r\n")
    assert path.read_bytes() == b"first\r\n"

    def full(part):
        part.write_bytes(b"ha")
        raise OSError(errno.ENOSPC, "No space left on device", str(part))

    with pytest.raises(OSError) as told:
        write_whole(path, full)
    assert told.value.filename == str(path)
    assert path.read_bytes() == b"first\r\n" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(OSError):
        write_text(tmp_path / "no such folder" / "a.csv", "x")
