import json

import pytest

from inference.remarks import Facts, Needs, Piece
from inference.rules import (
    FindingRequires,
    FindingsExclude,
    GradeExcludes,
    GradeRequires,
    Inside,
    MinimalArea,
    check,
    needs,
)
from inference.schema import Finding, GradeScale, MaskClass, Schema, SchemaError

CLASSES = (
    MaskClass(0, "MA", "Microaneurysms"),
    MaskClass(1, "HE", "Haemorrhages"),
    MaskClass(2, "disc", "Optic disc"),
    MaskClass(3, "cup", "Optic cup"),
    MaskClass(4, "old", retired=True),
)
SCALES = (GradeScale("dr", ("0", "1", "2", "3", "4"), title="Retinopathy"),)
FINDINGS = (Finding("dme", "Macular oedema"), Finding("normal"), Finding("scar"))


def schema_of(*rules):
    return Schema(CLASSES, SCALES, FINDINGS, rules)


def said(rule, facts=None, grades=None, findings=None):
    return check(schema_of(rule), facts or Facts(), grades or {}, findings or {})


def test_a_grade_excludes_a_class_from_so_many_pixels_on():
    rule = GradeExcludes("dr", ("0",), ("MA", "HE"), pixels=5)
    pieces = {"MA": (Piece(2, (0, 0, 1, 2)), Piece(3, (9, 9, 10, 12))), "HE": (Piece(4, (0, 0, 2, 2)),)}
    (remark,) = said(rule, Facts(pieces=pieces), {"dr": "0"})
    assert remark.sentence == "“Retinopathy” 0 excludes Microaneurysms, yet 5 pixels are drawn."
    assert remark.places == ((9, 9, 10, 12), (0, 0, 1, 2))
    assert remark.targets == ("grade:dr", "class:MA")
    assert said(rule, Facts(pieces=pieces), {"dr": "1"}) == ()
    assert said(rule, Facts(pieces=pieces)) == ()


def test_a_grade_requires_one_of_several_classes():
    rule = GradeRequires("dr", ("2", "3"), ("MA", "HE"), pixels=10)
    (remark,) = said(rule, Facts(areas={"MA": 9, "HE": 0}), {"dr": "3"})
    assert remark.sentence == (
        "“Retinopathy” 3 requires Microaneurysms or Haemorrhages to be drawn (10 pixels or more)."
    )
    assert remark.places == ()
    assert said(rule, Facts(areas={"MA": 9, "HE": 10}), {"dr": "3"}) == ()


def test_findings_exclude_one_another_only_when_present():
    rule = FindingsExclude(("dme", "normal", "scar"))
    (remark,) = said(rule, findings={"dme": "present", "normal": "present", "scar": "absent"})
    assert remark.sentence == "“Macular oedema” and “normal” exclude one another, yet both are present."
    assert remark.targets == ("finding:dme", "finding:normal")
    assert said(rule, findings={"dme": "present", "normal": "not assessed"}) == ()


def test_a_finding_requires_a_class_and_a_grade():
    rule = FindingRequires("dme", ("HE",), scale="dr", values=("2", "3", "4"))
    both = said(rule, Facts(areas={"HE": 0}), {"dr": "1"}, {"dme": "present"})
    assert [one.sentence for one in both] == [
        "“Macular oedema” requires Haemorrhages to be drawn.",
        "“Macular oedema” requires “Retinopathy” 2, 3 or 4, not 1.",
    ]
    assert said(rule, Facts(areas={"HE": 1}), {}, {"dme": "present"}) == ()
    assert said(rule, Facts(areas={"HE": 0}), {"dr": "1"}, {"dme": "absent"}) == ()


def test_components_below_the_minimal_area_are_counted_and_shown():
    rule = MinimalArea("MA", 3)
    pieces = (Piece(2, (5, 5, 6, 7)), Piece(3, (0, 0, 1, 3)), Piece(1, (8, 8, 9, 9)))
    (remark,) = said(rule, Facts(pieces={"MA": pieces}))
    assert remark.sentence == "2 components of Microaneurysms have less than 3 pixels."
    assert remark.places == ((5, 5, 6, 7), (8, 8, 9, 9))
    assert said(rule, Facts(pieces={"MA": pieces[1:2]})) == ()


def test_a_class_lies_inside_another():
    rule = Inside("cup", "disc", pixels=10)
    (remark,) = said(rule, Facts(outside={("cup", "disc"): (Piece(1200, (1, 2, 3, 4)),)}))
    assert remark.sentence == "Optic cup must lie inside Optic disc, yet 1,200 pixels lie outside."
    assert said(rule, Facts(outside={("cup", "disc"): (Piece(9, (1, 2, 3, 4)),)})) == ()


def test_an_own_sentence_is_said_instead():
    rule = FindingsExclude(("dme", "normal"), text="A normal eye has no oedema.")
    (remark,) = said(rule, findings={"dme": "present", "normal": "present"})
    assert remark.sentence == "A normal eye has no oedema."


def test_only_what_the_values_call_for_is_measured():
    schema = schema_of(
        GradeExcludes("dr", ("0",), ("MA", "HE", "old")),
        GradeRequires("dr", ("4",), ("HE",)),
        Inside("cup", "disc"),
        MinimalArea("old", 5),
    )
    assert needs(schema, {}, {}) == Needs(outside=frozenset([("cup", "disc")]))
    assert needs(schema, {"dr": "0"}, {}).pieces == {"MA", "HE"}
    assert needs(schema, {"dr": "4"}, {}).areas == {"HE"}
    assert not needs(schema_of(FindingsExclude(("dme", "scar"))), {}, {"dme": "present"})


RULES = (
    GradeExcludes("dr", ("0",), ("MA", "HE"), 20, text="No lesion in grade 0."),
    GradeRequires("dr", ("3",), ("HE",)),
    FindingsExclude(("dme", "normal")),
    FindingRequires("dme", scale="dr", values=("2", "3")),
    MinimalArea("MA", 4),
    Inside("cup", "disc", 100),
)


def test_rules_reasons_and_roles_survive_json():
    quality = GradeScale("quality", ("good", "poor", "none"), role="quality", unusable=("none",))
    schema = Schema(CLASSES, (*SCALES, quality), FINDINGS, RULES, ("Wrong eye",), ("Reflex", "Cataract"))
    record = json.loads(json.dumps(schema.to_dict()))
    assert Schema.from_dict(record) == schema
    assert record["rules"][1] == {
        "kind": "grade-requires",
        "scale": "dr",
        "values": ["3"],
        "classes": ["HE"],
    }


def test_a_schema_without_rules_is_written_as_before():
    schema = Schema(CLASSES, SCALES, FINDINGS)
    record = schema.to_dict()
    assert set(record) == {"classes", "grades", "findings"}
    assert set(record["grades"][0]) == {"name", "values", "kind", "title"}
    assert Schema.from_dict(record) == schema


def test_rules_follow_a_new_name_and_can_be_left_out():
    schema = schema_of(*RULES)
    renamed = schema.rename_class(0, "dots")
    assert renamed.rules[0].classes == ("dots", "HE")
    assert renamed.rules[4].class_name == "dots"
    assert schema.rules_renamed("finding", "dme", "oedema")[3].finding == "oedema"
    assert schema.rules_renamed("scale", "dr", "grade")[1].scale == "grade"
    assert schema.rules_without("class", "HE") == RULES[2:]
    assert schema.retire_class(0).rules == RULES


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "grade-exclude"}, "rule 1 needs a “kind”: one of grade-excludes,"),
        ("inside", "needs a “kind”"),
        ({"kind": "inside", "class_name": "cup"}, "lacks the key “outer”"),
        ({"kind": "inside", "class_name": "cup", "outer": "disk"}, "“disk”, which the schema does not have"),
        ({"kind": "inside", "class_name": "cup", "outer": "cup"}, "needs two classes"),
        ({"kind": "minimal-area", "class_name": "MA", "pixels": 0}, "whole number from 1 as “pixels”"),
        ({"kind": "minimal-area", "class_name": "MA", "pixels": True}, "whole number from 1"),
        ({"kind": "minimal-area", "class_name": "MA", "pixel": 3}, "did you mean “pixels”"),
        ({"kind": "findings-exclude", "findings": ["dme"]}, "needs two findings"),
        ({"kind": "findings-exclude", "findings": "dme"}, "a list of names as “findings”"),
        (
            {"kind": "grade-requires", "scale": "dr", "values": ["5"], "classes": ["MA"]},
            "the scale “dr” has no value “5”",
        ),
        ({"kind": "finding-requires", "finding": "dme"}, "needs a finding, and a class or a scale"),
        ({"kind": "finding-requires", "finding": "dme", "scale": "dr"}, "a scale with its values"),
    ],
)
def test_wrong_rules_are_refused_in_one_sentence(rule, words):
    record = schema_of().to_dict() | {"rules": [rule]}
    with pytest.raises(SchemaError) as refused:
        Schema.from_dict(record)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"role": "look"}, "grade or quality, not “look”"),
        ({"unusable": ["9"]}, "calls a value unusable that it does not have"),
        ({"unusable": "1"}, "“unusable” must be a list"),
    ],
)
def test_wrong_scales_are_refused(record, words):
    with pytest.raises(SchemaError, match=words):
        Schema.from_dict({"grades": [{"name": "g", "values": ["0", "1"], **record}]})


def test_reasons_must_be_texts():
    with pytest.raises(SchemaError, match="reasons of a schema"):
        Schema.from_dict({"reject_reasons": ["good", ""]})
