"""Consistency rules as plain values for JSON, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, cast

from inference.errors import SchemaError
from inference.records import check_keys
from inference.remarks import join
from inference.rules import (
    FindingRequires,
    FindingsExclude,
    GradeExcludes,
    GradeRequires,
    Inside,
    MinimalArea,
    Rule,
)

# One line a kind; a file names it under "kind". The order is the one in which a schema editor offers them.
KINDS: dict[str, type[Rule]] = {
    kind.kind: kind
    for kind in (GradeExcludes, GradeRequires, FindingsExclude, FindingRequires, MinimalArea, Inside)
}


def rule_to_dict(rule: Rule) -> dict[str, Any]:
    """Plain values for JSON: the kind and what differs from the default."""
    record: dict[str, Any] = {"kind": rule.kind}
    for item in fields(rule):
        value = getattr(rule, item.name)
        if value != item.default:
            record[item.name] = list(value) if isinstance(value, tuple) else value
    return record


def rule_from_dict(record: Any, where: str) -> Rule:
    """Read a rule strictly. Raises SchemaError naming what is unknown, missing or wrong."""
    kind = record.get("kind") if isinstance(record, Mapping) else None
    made = KINDS.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise SchemaError(f"{where} needs a “kind”: one of {join(list(KINDS), 'or')}.")
    own = {item.name: item for item in fields(made)}
    required = [name for name, item in own.items() if item.default is MISSING]
    keys = check_keys(record, allowed=("kind", *own), required=required, where=where, error=SchemaError)
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in keys.items() if name != "kind"}
    return cast(Rule, cast(Any, made)(**values))
