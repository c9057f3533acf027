import json

import pytest

from inference.schema import (
    DEFAULT_COLORS,
    Finding,
    GradeScale,
    MaskClass,
    Schema,
    SchemaError,
    read_schema,
    write_schema,
)


def test_a_schema_survives_the_file(tmp_path, schema):
    write_schema(tmp_path / "schema.json", schema)
    assert read_schema(tmp_path / "schema.json") == schema
    assert [p.name for p in tmp_path.iterdir()] == ["schema.json"]


def test_ids_are_bits_and_are_never_reused():
    schema = Schema()
    for index in range(9):
        schema = schema.add_class(f"c{index}")
    assert schema.pages == 2
    assert (schema.class_named("c8").page, schema.class_named("c8").bit) == (1, 0)
    schema = schema.retire_class(8).add_class("c8")
    assert [c.id for c in schema.classes if c.name == "c8"] == [8, 9]
    assert schema.class_named("c8").id == 9
    assert len(schema.active_classes) == 9


def test_renaming_keeps_the_id_and_retiring_keeps_the_pages(schema):
    renamed = schema.rename_class(0, "dots", title="Dots")
    assert renamed.class_by_id(0).name == "dots"
    assert renamed.class_by_id(0).label == "Dots"
    assert schema.retire_class(2).pages == schema.pages


def test_new_classes_take_the_default_colours_in_order():
    schema = Schema().add_class("a").add_class("b")
    assert [c.color for c in schema.classes] == list(DEFAULT_COLORS[:2])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"classes": [{"name": "MA", "colour": "#112233"}]}, "“colour”; did you mean “color”"),
        ({"classes": [{"title": "MA"}]}, "lacks the key “name”"),
        ({"klasses": []}, "“klasses”; did you mean “classes”"),
        ({"classes": {}}, "must be a list"),
        ([], "must be a table"),
        ({"classes": [{"name": "../x"}]}, "character that a file name cannot have"),
        ({"classes": [{"name": "con"}]}, "operating system"),
        ({"classes": [{"name": "a", "id": 0}, {"name": "b", "id": 0}]}, "share an id"),
        ({"classes": [{"name": "a"}, {"name": "A"}]}, "twice"),
        ({"classes": [{"name": "a", "color": "red"}]}, "#E69F00"),
        ({"classes": [{"name": "a", "id": True}]}, "whole number"),
        ({"grades": [{"name": "g", "values": ["0"]}]}, "two or more"),
        ({"grades": [{"name": "g", "values": ["0", "1"], "kind": "other"}]}, "ordinal or nominal"),
        ({"findings": [{"name": "f"}, {"name": "f"}]}, "twice"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(record, words):
    with pytest.raises(SchemaError) as caught:
        Schema.from_dict(record)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "schema.json"
    with pytest.raises(SchemaError, match="cannot be read"):
        read_schema(path)
    path.write_text("{")
    with pytest.raises(SchemaError, match="not valid JSON"):
        read_schema(path)
    path.write_text(json.dumps({"classes": [{"name": "MA"}]}))
    assert read_schema(path).class_named("MA").id == 0


def test_lookups_that_fail_name_what_is_missing(schema):
    for call in (schema.class_named, schema.scale, schema.finding):
        with pytest.raises(SchemaError, match="“nothing”"):
            call("nothing")
    with pytest.raises(SchemaError, match="77"):
        schema.class_by_id(77)
    assert schema.scale("dr") == GradeScale("dr", ("none", "mild", "severe"))
    assert schema.finding("edema") == Finding("edema")
    assert schema.class_named("old") == MaskClass(1, "old", retired=True)
