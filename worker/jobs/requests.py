"""What a rebuild is asked to do, and the stages it goes through. A leaf: pydantic and the nouns, nothing that computes.

Conventions: a `RebuildRequest` is what a person sends, with `None` for "as the preset says"; `RebuildSettings` is the
same with every value decided, and is what the job keeps, so that a later change of a preset never alters an old job.
Stages run one after the other in the order of `STAGES`; the number of a stage in the ledger is its place, from 1.

Why the scan runs on the queue `gpu`: it decides on which device the job listens, and only a host of that queue knows
what it has; the others then need no torch at all.

Source of the presets' values: the table of settings in docs/method.md; `poster` is Afchar, Hennequin, Guigue 2022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from cypher.model import NewStep, Queue

REBUILD = "rebuild"
"""The kind of a job that learns a collection's hierarchy anew."""

PresetName = Literal["default", "poster"]
GroupBy = Literal["track", "artist", "album", "score"]
LearnFrom = Literal["windows", "tracks"]
BuilderName = Literal["generality", "heymann"]
ParentsRule = Literal["one", "several"]
BasisRule = Literal["auto", "renew"]
Method = Literal["logistic", "mean_difference", "pattern", "poster"]
PropertyName = Literal["loudness", "length", "year", "codec", "rate", "popularity"]
"""Of tracks; see `worker.concepts.properties`."""
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Network = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^([A-Za-z0-9._-]+|outside:[A-Za-z0-9._:+/-]+)$")]
"""A backbone of this machine, or `outside:` and the name or digest of activations that were imported."""
Publish = Literal["auto", "review"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


# --- stages ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageInfo:
    """One stage of a rebuild: its name in the ledger, the queue it runs on, and what a person reads."""

    name: str
    queue: Queue
    label: str
    unit: str


STAGES: tuple[StageInfo, ...] = (
    StageInfo("scan", "gpu", "Freezing the catalogue", "concepts"),
    StageInfo("activations", "gpu", "Listening", "tracks"),
    StageInfo("vectors", "cpu", "Learning concept vectors", "concepts"),
    StageInfo("similarity", "cpu", "Scoring tracks, judging concepts", ""),
    StageInfo("edges", "cpu", "Writing similarities", "edges"),
    StageInfo("centrality", "cpu", "Finding central concepts", "concepts"),
    StageInfo("hierarchy", "cpu", "Growing the tree", "concepts"),
    StageInfo("links", "cpu", "Linking tracks to concepts", "links"),
    StageInfo("gate", "cpu", "Checking the new version", "checks"),
    StageInfo("publish", "cpu", "Publishing", "edges"),
)

STAGE_NAMES: tuple[str, ...] = tuple(stage.name for stage in STAGES)


def stage_number(name: str) -> int:
    """Place of a stage in the ledger, from 1.

    Raises:
        ValueError: no stage has this name.
    """
    return STAGE_NAMES.index(name) + 1


def first_steps() -> list[NewStep]:
    """The steps a new rebuild is planned with: one for every stage.

    The scan adds further shards of `activations` when it knows how many tracks have to be heard.
    """
    return [NewStep(name=stage.name, stage=stage_number(stage.name), queue=stage.queue) for stage in STAGES]


def activation_steps(shards: int) -> list[NewStep]:
    """The steps that hear the tracks, one a shard of what the scan found unheard, from 0.

    Args:
        shards: how many there are; shard 0 is among `first_steps` already.
    """
    return [NewStep("activations", stage_number("activations"), "gpu", shard=shard) for shard in range(shards)]


# --- settings --------------------------------------------------------------------------------------------------------


class RebuildSettings(BaseModel):
    """Every value of a rebuild, decided. Kept as the job's and the published version's parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    preset: PresetName = "default"
    backbone: Network = Field(
        default="msd_vgg", description="Network that listens, or `outside:NAME` for activations that were imported"
    )
    pooling: Word | None = Field(default=None, description="Variant of its pooling; null: the network's first")
    layer: Word | None = Field(default=None, description="Layer to learn from; null: the network's first")
    hop_frames: int | None = Field(
        default=None, ge=1, le=10_000, description="Frames (of 16 ms) from one window to the next; null: a whole window"
    )
    pad_frames: int = Field(default=0, ge=0, le=10_000, description="Frames of silence at both ends of a track")
    precision: Word = Field(default="fp32", description="Arithmetic of the network: fp32, or bf16 where it is offered")
    folds: int = Field(default=5, ge=2, le=20, description="Parts of the catalogue; each is scored by the others")
    seed: int = Field(default=0, ge=0, lt=2**32, description="Seed of the folds and of every random draw")
    group_by: GroupBy = Field(
        default="track", description="What stays within one fold: a track, or all of one artist, album or score"
    )
    method: Method = Field(default="logistic", description="How vectors are learnt; poster: the authors' training")
    ridge: float | None = Field(default=None, gt=0, le=1e6, description="Penalty; null: chosen by cross-validation")
    learn_from: LearnFrom = Field(default="windows", description="Every window, or one mean a track (faster)")
    max_negatives: int = Field(default=2000, ge=2, le=2**31, description="Most tracks a concept is told from")
    balance: PropertyName | None = Field(
        default=None, description="Weigh what a concept is told from so that it does not differ in this; null: alike"
    )
    min_tracks: int = Field(default=10, ge=2, description="A smaller concept is left out")
    max_tracks: int | None = Field(default=None, ge=2, description="A larger concept is left out; null: no limit")
    min_accuracy: Share = Field(default=0.7, description="Balanced accuracy that a kept concept exceeds")
    q: float | None = Field(
        default=0.01, gt=0, lt=1, description="False discovery rate of the test against random sets; null: no test"
    )
    random_sets: int = Field(default=1000, ge=19, le=100_000, description="Random track sets of the test, per size")
    graph_threshold: Share = Field(default=0.5, description="An edge of the graph exceeds it")
    builder: BuilderName = Field(
        default="generality", description="How the tree is grown; heymann: the poster's greedy rule, by betweenness"
    )
    parents: ParentsRule = Field(
        default="one",
        description="several: further parents beside the tree's, for what mixes others; not for heymann",
    )
    min_similarity: Share = Field(
        default=0.45, description="S[child, parent] exceeds it (heymann: S[parent, child]), else below the root"
    )
    min_separation: Share = Field(
        default=0.6,
        description="Probability that a child's track scores higher on the parent than another; not for heymann",
    )
    max_children: int | None = Field(
        default=None, ge=1, le=10_000, description="A concept has no more children; null: any number"
    )
    support_trees: int = Field(
        default=100, ge=0, le=10_000, description="Trees grown from drawn tracks, for the support of edges; 0: none"
    )
    support_by: GroupBy = Field(default="track", description="What is drawn together for support")
    sticky: bool = Field(
        default=False, description="Move an edge only when the lead of the new parent exceeds its standard error"
    )
    min_score: Share = Field(default=0.5, description="A link from a track to a concept exceeds it")
    links_per_track: int = Field(default=20, ge=1, le=10_000, description="Strongest concepts linked to a track")
    links_per_concept: int = Field(default=100, ge=0, le=100_000, description="Strongest tracks linked to a concept")
    publish: Publish = Field(
        default="auto", description="auto: at once; review: a version that crosses a limit waits for somebody"
    )
    max_moved: Share = Field(default=0.2, description="Under review: share of concepts that may get another parent")
    max_auc_loss: Share = Field(default=0.02, description="Under review: AUC that kept concepts may lose, on average")
    basis: BasisRule = Field(
        default="auto", description="Scaling, counter-examples and ridge of the published version; or renew them"
    )
    basis_share: Share = Field(
        default=0.2, description="With auto: renewed when more of its tracks or concepts have come or gone"
    )


FEWEST_DRAWS = 2
"""That have a standard deviation."""
GATE = frozenset({"publish", "max_moved", "max_auc_loss"})
"""Settings that decide who may see a version, and nothing of what it says."""

_PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "poster": {
        "pooling": "musicnn",
        "layer": "pool5",
        "hop_frames": 93,
        "pad_frames": 20,
        "method": "poster",
        "seed": 123,
        "min_tracks": 39,
        "max_tracks": 250,
        "q": None,
        "builder": "heymann",
        "min_similarity": 0.2,
        "max_children": 20,
    },
}
_OF_OUR_NETWORKS = frozenset({"pooling", "layer", "hop_frames", "pad_frames"})
"""What a preset says of a network that listens here; activations from outside are what they are."""


class RebuildRequest(BaseModel):
    """What is asked: a collection, a preset, and what shall differ from it. `null` means as the preset says."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    collection: str | None = Field(default=None, min_length=1, max_length=200, description="null: the default one")
    preset: PresetName = Field(default="default", description="Values to start from; `poster` keeps the authors'")
    backbone: Network | None = None
    pooling: Word | None = None
    layer: Word | None = None
    hop_frames: int | None = Field(default=None, ge=1, le=10_000)
    pad_frames: int | None = Field(default=None, ge=0, le=10_000)
    precision: Word | None = None
    folds: int | None = Field(default=None, ge=2, le=20)
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    group_by: GroupBy | None = None
    method: Method | None = None
    ridge: float | None = Field(default=None, gt=0, le=1e6)
    learn_from: LearnFrom | None = None
    max_negatives: int | None = Field(default=None, ge=2, le=2**31)
    balance: PropertyName | None = None
    min_tracks: int | None = Field(default=None, ge=2, le=2**31)
    max_tracks: int | None = Field(default=None, ge=2, le=2**31)
    min_accuracy: Share | None = None
    q: float | None = Field(default=None, gt=0, lt=1)
    random_sets: int | None = Field(default=None, ge=19, le=100_000)
    graph_threshold: Share | None = None
    builder: BuilderName | None = None
    parents: ParentsRule | None = None
    min_similarity: Share | None = None
    min_separation: Share | None = None
    max_children: int | None = Field(default=None, ge=1, le=10_000)
    support_trees: int | None = Field(default=None, ge=0, le=10_000)
    support_by: GroupBy | None = None
    sticky: bool | None = None
    min_score: Share | None = None
    links_per_track: int | None = Field(default=None, ge=1, le=10_000)
    links_per_concept: int | None = Field(default=None, ge=0, le=100_000)
    publish: Publish | None = None
    max_moved: Share | None = None
    max_auc_loss: Share | None = None
    basis: BasisRule | None = None
    basis_share: Share | None = None

    @field_validator("balance")
    @classmethod
    def _needs_weights(cls, balance: PropertyName | None, said: ValidationInfo) -> PropertyName | None:
        method = said.data.get("method") or _PRESETS[said.data.get("preset", "default")].get("method")
        if balance is not None and method == "poster":
            raise ValueError("the method poster cannot balance its counter-examples; choose another method")
        return balance

    @field_validator("sticky")
    @classmethod
    def _needs_draws(cls, sticky: bool | None, said: ValidationInfo) -> bool | None:
        trees = said.data.get("support_trees")
        if sticky and trees is not None and trees < FEWEST_DRAWS:
            raise ValueError(f"sticky weighs margins by their errors; ask for support_trees of at least {FEWEST_DRAWS}")
        return sticky

    def settings(self) -> RebuildSettings:
        """Decide every value: what was said, else the preset's, else the default."""
        said = self.model_dump(exclude_none=True, exclude={"collection", "preset"})
        preset = _PRESETS[self.preset]
        if self.backbone is not None and self.backbone.startswith("outside:"):
            preset = {name: value for name, value in preset.items() if name not in _OF_OUR_NETWORKS}
        return RebuildSettings(**{"preset": self.preset, **preset, **said})

    def parameters(self) -> dict[str, Any]:
        """The decided settings as plain JSON values, ready for the ledger."""
        return self.settings().model_dump(mode="json")


def settings_of(parameters: dict[str, Any]) -> RebuildSettings:
    """Read a job's parameters back.

    Raises:
        pydantic.ValidationError: they were not written by `RebuildRequest.parameters`.
    """
    return RebuildSettings.model_validate(parameters)


def published_settings(parameters: Mapping[str, Any]) -> RebuildSettings:
    """The settings that a version was built by, from what it says of itself.

    A version says more than its settings (hashes of its build), and nothing of what a later release added: there the
    default stands in.
    """
    known = {name: value for name, value in parameters.items() if name in RebuildSettings.model_fields}
    return settings_of(known) if known else RebuildRequest().settings()


def overrides() -> Sequence[str]:
    """Names of the settings a request may decide, in the order of the documentation."""
    return [name for name in RebuildRequest.model_fields if name not in {"collection", "preset"}]
