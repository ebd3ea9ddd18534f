"""What travels about the network's tags that a concept raises or lowers. Conventions: those of `webapi.schemas`."""

from __future__ import annotations

from pydantic import Field

from webapi.schemas import Answer, FromCopy, Label


class SensedTag(Answer):
    """One of the network's tags."""

    tag: str = Field(examples=["violin"])
    sign_count: float = Field(ge=0, le=1, description="Share of windows in which moving towards the concept raises it")
    magnitude: float = Field(description="Mean derivative of the tag's logit along the vector, whose length is 1")
    p_consistent: float = Field(ge=0, le=1, description="Do vectors learnt from other counter-examples agree?")
    q_consistent: float = Field(ge=0, le=1, description="Benjamini-Hochberg over the tags")
    p_specific: float = Field(ge=0, le=1, description="Would vectors of random sets of tracks do the same?")
    q_specific: float = Field(ge=0, le=1, description="Benjamini-Hochberg over the tags")
    called: bool = Field(description="Consistent and specific, both at a false discovery rate of 5 %")


class Sensitivity(FromCopy):
    """TCAV of one concept: the tags of the network that gave the activations, strongest first."""

    concept: Label
    windows: int = Field(description="That the derivatives are means over")
    draws: int = Field(description="How often the vector was learnt again")
    failed: dict[str, str] = Field(description="Address of each track that gave no sound, with the reason")
    tags: list[SensedTag]
