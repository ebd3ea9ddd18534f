"""Measure which of the network's tags some concepts raise, and write it down for the version.

A concept that cannot be measured, for want of its tracks' files, is named and stops none of the others.
"""

from __future__ import annotations

from worker.activations.fingerprint import Fingerprint
from worker.answers.errors import NoTrackHeard
from worker.answers.published import POINTER, published_at
from worker.answers.sensed import sensed_name
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import ErrandContext, StageResult
from worker.jobs.errors import VersionFilesMissing
from worker.jobs.kinds import DRAWS, HEARD, SensitivityWork
from worker.jobs.pointers import NEEDED, pointer_to
from worker.jobs.sensing import LEARNING, sense

ROUNDS = HEARD + DRAWS
"""Of one concept: tracks that are listened to, and vectors that are learnt."""


def run(context: ErrandContext) -> StageResult:
    """Measure what is not measured yet.

    Raises:
        UnknownVersion: the version was pruned since.
        VersionFilesMissing: an older release published it, and does not say where its files lie.
        NotPublished: it has no vector of one of the concepts.
        UnknownChoice: its network gives no tags from its layer.
    """
    asked = SensitivityWork.model_validate(context.job.parameters)
    version = context.graph.hierarchy.version(context.job.collection, asked.version)
    files, builds = version.hierarchy.files, context.builds
    missing = tuple(role for role in NEEDED if role not in files)
    if missing:
        raise VersionFilesMissing(context.job.collection, asked.version, missing)
    names = {concept: sensed_name(files, concept, HEARD, DRAWS) for concept in asked.concepts}
    wanted = [concept for concept, name in names.items() if not builds.has(name)]
    failures: dict[str, str] = {}
    if wanted:
        published = published_at(builds.folder / POINTER, pointer_to(version))
        fingerprint = Fingerprint.parse(published.fingerprint)
        copy = CatalogueCopy.load(builds, files["catalogue"])
        heard = context.store(fingerprint).read(builds.read_json(files["heard"], written_by="vectors"))
        backbone = context.backbone(fingerprint)
        for number, concept in enumerate(wanted):

            def told(doing: str, done: int, _total: int, before: int = number * ROUNDS) -> None:
                context.advance(before + done + (HEARD if doing == LEARNING else 0), len(wanted) * ROUNDS)

            addresses = copy.addresses(concept)
            try:
                found = sense(published, concept, addresses, heard, backbone, tracks=HEARD, draws=DRAWS, told=told)
            except NoTrackHeard as error:
                failures[concept] = str(error)
                continue
            builds.place_json(found.plain(), name=names[concept])
    measured = len(wanted) - len(failures)
    return StageResult({"computed": measured, "reused": len(names) - len(wanted), "failures": failures})
