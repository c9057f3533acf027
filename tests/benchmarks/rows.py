"""Every row of the table of budgets, one line each, with the function that measures it."""

from __future__ import annotations

from tests.benchmarks.table import Budget

CANVAS, SESSION = "tests.benchmarks.canvas", "tests.benchmarks.session"
ENDURANCE = "tests.benchmarks.endurance"
START, STORE = "tests.benchmarks.start", "tests.benchmarks.store"
PREDICTION, THRESHOLDS = "tests.benchmarks.prediction", "tests.benchmarks.thresholds"
GALLERY = "tests.benchmarks.gallery"

ROWS: tuple[Budget, ...] = (
    Budget(
        "start to window with the first image",
        0.8,
        "s",
        f"{START}:first_image",
        "median",
        "labelme 1.4 s, napari 2.8 s, X-AnyLabeling 3.0 s",
    ),
    Budget(
        "next image, prefetched: shown with its overlay",
        16,
        "ms",
        f"{SESSION}:next_prefetched",
        others="labelme 225 ms, X-AnyLabeling 200 ms, napari 278 ms",
    ),
    Budget("next image, cold", 150, "ms", f"{SESSION}:next_cold", others="same"),
    Budget("brush dab (radius 20 px) to pixels on screen", 4, "ms", f"{CANVAS}:dab", others="napari 106 ms"),
    Budget("undo/redo of a stroke", 8, "ms", f"{CANVAS}:undo_redo"),
    Budget("pan/zoom frame with 4 layers at 1600x1000", 12, "ms", f"{CANVAS}:pan_zoom_frame"),
    Budget(
        "pan/zoom frame, adjusted (colours, channel, CLAHE, 16 bits)", 12, "ms", f"{CANVAS}:pan_zoom_adjusted"
    ),
    Budget("brightness, contrast, gamma dragged", 16, "ms", f"{CANVAS}:light_changed"),
    Budget("CLAHE of an image, behind", 250, "ms", f"{CANVAS}:evening"),
    Budget("label against prediction, behind", 100, "ms", f"{CANVAS}:difference"),
    Budget("class toggle, colour, opacity", 16, "ms", f"{CANVAS}:layer_style", others="napari 37 ms"),
    Budget("threshold drag", 16, "ms", f"{THRESHOLDS}:drag", others="nobody publishes one"),
    Budget("threshold drag with a smallest area and holes", 16, "ms", f"{THRESHOLDS}:drag_regions"),
    Budget("threshold let go: exact mask on screen, behind", 250, "ms", f"{THRESHOLDS}:release"),
    Budget("threshold let go: longest hold of the GUI thread", 16, "ms", f"{THRESHOLDS}:release_slot"),
    Budget("late prediction on an edited label: hold of the GUI thread", 16, "ms", f"{THRESHOLDS}:late_slot"),
    Budget("history: 100 steps back or forth, behind", 250, "ms", f"{THRESHOLDS}:journey"),
    Budget("history: 500 steps, hold of the GUI thread", 16, "ms", f"{THRESHOLDS}:journey_slot"),
    Budget("undo steps in memory after 2,000 strokes", 10, "MB", f"{THRESHOLDS}:steps_memory", "median"),
    Budget("growth from the 800th to the 2,000th stroke", 40, "MB", f"{THRESHOLDS}:steps_resident", "median"),
    Budget(
        "open a folder of 100,000 images: usable list",
        1.0,
        "s",
        f"{SESSION}:open_100000",
        "median",
        "X-AnyLabeling: 10,000 in 0.8 s after a 3 s start",
    ),
    Budget("filter over 100,000 images: asked to listed", 200, "ms", f"{GALLERY}:filter_100000"),
    Budget("sort of 100,000 images: asked to listed", 200, "ms", f"{GALLERY}:sort_100000"),
    Budget("jump in a list of 100,000 images", 16, "ms", f"{GALLERY}:scroll_list"),
    Budget("jump in a grid of 100,000 images", 16, "ms", f"{GALLERY}:scroll_grid"),
    Budget("100,000 images: from list to grid", 16, "ms", f"{GALLERY}:list_to_grid"),
    Budget("stroke acknowledged by the store", 10, "ms", f"{STORE}:stroke_acknowledged"),
    Budget(
        "memory with a 4288x2848 project open, without torch",
        400,
        "MB",
        f"{START}:memory",
        "median",
        "324 / 370 / 603 MB",
    ),
    Budget(
        "memory that 400 more reviewed images of 12 megapixels add to the first 100",
        50,
        "MB",
        f"{ENDURANCE}:growth",
    ),
    Budget(
        "prediction over a folder, whole pipeline against the core-time bound",
        85,
        "%",
        f"{PREDICTION}:pipeline_share",
        "median",
        "MONAI Label: 23 % (40 of 171 ms)",
        at_least=True,
    ),
)
