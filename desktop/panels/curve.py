"""The live curve of a run: loss and Dice by epoch. pyqtgraph is imported when the first point comes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from desktop.panels.widgets import label
from desktop.theme import GRID, LABEL, look


class Curve(QStackedWidget):
    """Two small plots side by side: losses, and validation Dice (0..1)."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Loss and Dice by epoch")
        self.points: list[dict[str, Any]] = []
        self._plots: list[Any] = []
        empty = label("The curve of a run appears here after its first epoch.", "quiet", wrap=True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(empty)
        self.setFixedHeight(30 * GRID)
        look().changed.connect(self._draw)

    def clear(self) -> None:
        """Forget the points: a new run begins."""
        self.points = []
        self._draw()
        self.setCurrentIndex(0)

    def add(self, epoch: dict[str, Any]) -> None:
        """Add the figures of one "epoch" event."""
        self.points.append(epoch)
        if not self._plots:
            self._make()
        self._draw()
        self.setCurrentIndex(1)

    def _make(self) -> None:
        import pyqtgraph

        holder = QWidget()
        layout = QHBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * GRID)
        for name in ("Loss", "Dice"):
            plot = pyqtgraph.PlotWidget()
            plot.setAccessibleName(f"{name} by epoch")
            plot.setMouseEnabled(False, False)
            plot.hideButtons()
            plot.setMenuEnabled(False)
            plot.setFrameShape(plot.Shape.NoFrame)
            layout.addWidget(plot)
            self._plots.append(plot)
        self._plots[1].setYRange(0.0, 1.0)
        self.addWidget(holder)

    def _draw(self) -> None:
        if not self._plots:
            return
        import pyqtgraph

        theme = look().theme
        quiet, strong = theme.tokens["text_quiet"], theme.tokens["accent"]
        for plot, name in zip(self._plots, ("Loss", "Dice"), strict=True):
            plot.clear()
            plot.setBackground(theme.tokens["panel"])
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(theme.tokens["control_line"])
                axis.setTextPen(quiet)
                font = self.font()
                font.setPixelSize(LABEL)
                axis.setTickFont(font)
                axis.setStyle(tickLength=4)
            axis = plot.getAxis("left")
            axis.setLabel(name, color=quiet, size=f"{LABEL}px")
            axis.setWidth(7 * GRID)
            # A loss is a number, not some thousandths; a new label forgets that.
            axis.setSIPrefixEnableRanges(())
            axis.updateAutoSIPrefix()
        last = max((int(p["epoch"]) for p in self.points), default=1)
        step = max(1, last // 10)
        for plot in self._plots:
            ticks = [(e, str(e)) for e in range(1, last + 1) if e == 1 or e % step == 0]
            plot.getAxis("bottom").setTicks([ticks])
        train, checked = (
            pyqtgraph.mkPen(quiet, width=1.5, style=Qt.PenStyle.DashLine),
            pyqtgraph.mkPen(strong, width=2),
        )
        self._line(0, "train_loss", train, quiet, "o")
        self._line(0, "val_loss", checked, strong, "s")
        self._line(1, "val_dice", checked, strong, "s")

    def _line(self, at: int, key: str, pen: Any, color: str, symbol: str) -> None:
        pairs = [(p["epoch"], p[key]) for p in self.points if isinstance(p.get(key), int | float)]
        if pairs:
            x, y = zip(*pairs, strict=True)
            self._plots[at].plot(
                x, y, pen=pen, symbol=symbol, symbolSize=5, symbolBrush=color, symbolPen=None
            )
