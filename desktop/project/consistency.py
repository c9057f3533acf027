"""A label against its schema's consistency rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from inference.remarks import Facts, Needs, Remark
from inference.rule_facts import measure
from inference.rules import check, needs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from desktop.project.planes import LabelPlanes
    from inference.schema import Schema


def check_label(
    schema: Schema, planes: LabelPlanes | None, grades: Mapping[str, str], findings: Mapping[str, str]
) -> tuple[Remark, ...]:
    """Check all rules of ``schema`` against a label's planes and values; for a background thread.

    Only reads: a reader may paint meanwhile, and what is seen then is neither before nor after.
    """
    return check(schema, _measured(schema, planes, needs(schema, grades, findings)), grades, findings)


def _measured(schema: Schema, planes: LabelPlanes | None, wanted: Needs) -> Facts:
    def mask_of(name: str) -> NDArray[np.uint8] | None:
        item = schema.class_named(name)
        if planes is None or item.page >= planes.pages:
            return None
        return np.bitwise_and(planes.mask[item.page], np.uint8(1 << item.bit))

    return measure(wanted, mask_of)
