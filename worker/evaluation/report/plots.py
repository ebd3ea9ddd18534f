"""Small pictures in SVG, built as trees of elements, so that no name can become markup.

Conventions: positions in pixels from the upper left; values are clipped to the axis; None draws nothing. Every mark
carries its figures as a title, which browsers show and screen readers say.

Why not a plotting library: three kinds of picture are drawn, they have to be selectable text that follows the reader's
colours, and a library of forty megabytes for that would have to be installed wherever a report is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

LABEL_PX, PLOT_PX, ROW_PX, TOP_PX, BOTTOM_PX = 270, 430, 22, 8, 30
SQUARE_PX, MARGIN_PX = 300, 46
TICKS = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """One value with its interval, of one series."""

    series: int
    """0..3: the colour and the shape."""
    value: float | None
    low: float | None = None
    high: float | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a scatter plot."""

    x: float
    y: float
    title: str
    strong: bool = True


def dot_plot(
    rows: Sequence[tuple[str, Sequence[Mark]]], title: str, *, lowest: float = 0.0, highest: float = 1.0
) -> str:
    """A row a label, a mark a series, intervals as lines.

    Args:
        rows: label and its marks, top to bottom.
        title: said to who cannot see it.
        lowest: of the axis.
        highest: of the axis, above `lowest`.
    """
    height = TOP_PX + ROW_PX * len(rows) + BOTTOM_PX
    root = _canvas(LABEL_PX + PLOT_PX + 24, height, title)

    def across(value: float) -> float:
        inside = min(max(value, lowest), highest)
        return LABEL_PX + PLOT_PX * (inside - lowest) / (highest - lowest)

    bottom = TOP_PX + ROW_PX * len(rows)
    for tick in range(TICKS + 1):
        value = lowest + (highest - lowest) * tick / TICKS
        _line(root, (across(value), TOP_PX), (across(value), bottom), "grid")
        _text(root, (across(value), bottom + 16), f"{value:.1f}", "tick middle")
    for place, (label, marks) in enumerate(rows):
        middle = TOP_PX + ROW_PX * (place + 0.5)
        _text(root, (LABEL_PX - 10, middle + 4), _short(label), "label end", title=label)
        for number, mark in enumerate(marks):
            if mark.value is None:
                continue
            at = middle + 4.5 * (number - (len(marks) - 1) / 2)
            group = ET.SubElement(root, "g", {"class": f"series-{mark.series}"})
            ET.SubElement(group, "title").text = _plain(mark.title or f"{label}: {mark.value:.3f}")
            if mark.low is not None and mark.high is not None:
                _line(group, (across(mark.low), at), (across(mark.high), at), "interval")
            _shape(group, across(mark.value), at, mark.series)
    return _written(root)


def scatter(points: Sequence[Point], title: str, x_label: str, y_label: str) -> str:
    """Points in the unit square.

    Args:
        points: coordinates in 0..1.
        title: said to who cannot see it.
        x_label: below.
        y_label: at the left.
    """
    root = _canvas(MARGIN_PX + SQUARE_PX + 16, SQUARE_PX + MARGIN_PX + 8, title)

    def place(x: float, y: float) -> tuple[float, float]:
        return MARGIN_PX + SQUARE_PX * min(max(x, 0.0), 1.0), 8 + SQUARE_PX * (1 - min(max(y, 0.0), 1.0))

    for tick in range(TICKS + 1):
        value = tick / TICKS
        _line(root, place(value, 0), place(value, 1), "grid")
        _line(root, place(0, value), place(1, value), "grid")
        _text(root, (place(value, 0)[0], place(0, 0)[1] + 15), f"{value:.1f}", "tick middle")
        _text(root, (MARGIN_PX - 6, place(0, value)[1] + 4), f"{value:.1f}", "tick end")
    _text(root, (MARGIN_PX + SQUARE_PX / 2, SQUARE_PX + 8 + 33), x_label, "label middle")
    upward = _text(root, (0, 0), y_label, "label middle")
    upward.set("transform", f"translate(12 {8 + SQUARE_PX / 2:.0f}) rotate(-90)")
    for point in points:
        x, y = place(point.x, point.y)
        group = ET.SubElement(root, "g", {"class": "series-0" if point.strong else "series-1"})
        ET.SubElement(group, "title").text = _plain(point.title)
        _shape(group, x, y, 0 if point.strong else 1)
    return _written(root)


def _canvas(width: float, height: float, title: str) -> ET.Element:
    root = ET.Element(
        "svg", {"viewBox": f"0 0 {width:.0f} {height:.0f}", "role": "img", "width": f"{width:.0f}", "class": "plot"}
    )
    ET.SubElement(root, "title").text = _plain(title)
    return root


def _line(parent: ET.Element, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
    (x1, y1), (x2, y2) = start, end
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    ET.SubElement(parent, "line", {**ends, "class": kind})


def _text(parent: ET.Element, at: tuple[float, float], text: str, kind: str, title: str = "") -> ET.Element:
    x, y = at
    found = ET.SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "class": kind})
    found.text = _plain(text)
    if title:
        ET.SubElement(found, "title").text = _plain(title)
    return found


def _shape(parent: ET.Element, x: float, y: float, series: int) -> None:
    """A circle, a square, a diamond or a triangle: colours alone do not tell them apart."""
    if series == 0:
        ET.SubElement(parent, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "4"})
        return
    outlines = {
        1: ((-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)),
        2: ((0, -5), (5, 0), (0, 5), (-5, 0)),
        3: ((0, -4.5), (4.5, 4), (-4.5, 4)),
    }
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in outlines[series])
    ET.SubElement(parent, "polygon", {"points": points})


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _plain(text: str) -> str:
    """Without control characters, which XML has no way to write."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _written(root: ET.Element) -> str:
    return ET.tostring(root, encoding="unicode")
