"""How the figures of `study correlated` look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.evaluation.figures import Figure

CROSSING = (
    ("AUC", "AUC of intersections"),
    ("S up", "S[intersection, parent]"),
    ("S down", "S[parent, intersection]"),
    ("its bias", "bias of S[parent, intersection]"),
    ("both, tree", "both parents above, tree"),
    ("both, several", "both parents above, several parents"),
    ("direct", "both parents direct, several parents"),
    ("P tree", "ancestor precision, tree"),
    ("P several", "ancestor precision, several parents"),
    ("F1 tree", "ancestor F1, tree"),
    ("F1 several", "ancestor F1, several parents"),
)
HALVES = (
    ("AUC", "AUC of halves"),
    ("S up", "S[half, whole]"),
    ("S down", "S[whole, half]"),
    ("right way round", "right way round"),
    ("above, tree", "whole above its half, tree"),
    ("above, several", "whole above its half, several parents"),
)
TREES = (
    ("P tree", "ancestor precision, tree"),
    ("P several", "ancestor precision, several parents"),
    ("F1 tree", "ancestor F1, tree"),
    ("F1 several", "ancestor F1, several parents"),
)
WIDE = 20


def correlated_text(figures: Sequence[Figure], seeds: int) -> str:
    """Tables, one line a policy and place; the figures' intervals are in the JSON."""
    overlaps = sorted({one.measure.split()[-1] for one in figures if one.measure.startswith("S at overlap")})
    return "\n".join(
        [
            f"Means over {seeds} repetitions.",
            "",
            "A and B, below both; by where its tracks are",
            *_table(figures, "intersections", CROSSING),
            "",
            "Half of A, below A",
            *_table(figures, "overlaps", HALVES),
            "",
            "S of two lists, by the share of each that lies in the other",
            *_table(figures, "overlaps", [(one, f"S at overlap {one}") for one in overlaps]),
            "",
            "Nothing planted; by what is left of the memberships",
            *_table(figures, "trees", TREES),
        ]
    )


def _table(figures: Sequence[Figure], section: str, columns: Sequence[tuple[str, str]]) -> list[str]:
    found = {(one.regime, one.subject, one.measure): one for one in figures if one.section == section}
    rows = list(dict.fromkeys((regime, subject) for regime, subject, _ in found))
    head = f"{'':{WIDE + 10}}" + "".join(f"{name:>{len(name) + 2}}" for name, _ in columns)
    return [
        head,
        *(
            f"{regime:<10}{subject:<{WIDE}}"
            + "".join(f"{_figure(found.get((regime, subject, key))):>{len(name) + 2}}" for name, key in columns)
            for regime, subject in rows
        ),
    ]


def _figure(one: Figure | None) -> str:
    return "-" if one is None or one.value is None else f"{one.value:.2f}"
