"""What a rebuild is asked: presets, overrides, refusals, and the steps it is planned with."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from worker.activations.errors import UnknownChoice
from worker.jobs.requests import (
    STAGES,
    RebuildRequest,
    RebuildSettings,
    activation_steps,
    first_steps,
    overrides,
    settings_of,
    stage_number,
)
from worker.jobs.workshop import Workshop
from worker.settings import Settings


def test_the_preset_poster_keeps_the_authors_values():
    settings = RebuildRequest(preset="poster").settings()
    assert (settings.backbone, settings.pooling, settings.layer) == ("msd_vgg", "musicnn", "pool5")
    assert (settings.hop_frames, settings.pad_frames) == (93, 20)
    assert (settings.min_tracks, settings.max_tracks, settings.min_accuracy, settings.q) == (39, 250, 0.7, None)
    assert (settings.graph_threshold, settings.min_similarity, settings.max_children) == (0.5, 0.2, 20)
    assert (settings.method, settings.seed, settings.builder) == ("poster", 123, "heymann")


def test_the_default_grows_by_generality_without_a_limit_to_children():
    settings = RebuildRequest().settings()
    assert (settings.builder, settings.min_similarity, settings.min_separation) == ("generality", 0.45, 0.6)
    assert settings.max_children is None


def test_what_is_said_goes_before_the_preset_and_the_preset_before_the_default():
    settings = RebuildRequest(preset="poster", min_tracks=5).settings()
    assert (settings.min_tracks, settings.max_tracks, settings.folds) == (5, 250, 5)


def test_every_setting_can_be_said_and_has_the_bounds_of_the_decided_one():
    decided = set(RebuildSettings.model_fields) - {"preset"}
    assert set(overrides()) == decided


def test_parameters_come_back_from_the_ledger_as_the_same_settings():
    request = RebuildRequest(preset="poster", seed=7, ridge=0.01)
    assert settings_of(request.parameters()) == request.settings()


def test_the_precision_asked_for_is_that_of_the_activations(tmp_path):
    workshop = Workshop(Settings(data_dir=tmp_path, device="cpu"))
    chosen = workshop.fingerprint(RebuildRequest(precision="bf16").settings())
    assert chosen.precision == "bf16"
    assert workshop.fingerprint(RebuildRequest().settings()).precision == "fp32"
    with pytest.raises(UnknownChoice, match="precision of logmel 'bf16'; choose one of fp32"):
        workshop.fingerprint(RebuildRequest(backbone="logmel", precision="bf16").settings())


def test_a_job_from_before_a_setting_existed_has_its_default():
    parameters = RebuildRequest().parameters()
    del parameters["precision"]
    assert settings_of(parameters).precision == "fp32"


@pytest.mark.parametrize(
    "body",
    [
        {"preset": "best"},
        {"min_tracks": 1},
        {"min_tracks": "5"},
        {"min_accuracy": 1.5},
        {"min_accuracy": float("nan")},
        {"q": 0.0},
        {"seed": -1},
        {"seed": 2**32},
        {"folds": 1},
        {"folds": 2**63},
        {"max_children": 0},
        {"backbone": "../x"},
        {"backbone": ""},
        {"method": "magic"},
        {"precision": 16},
        {"collection": ""},
        {"colection": "genres"},
    ],
)
def test_nonsense_is_refused(body):
    with pytest.raises(ValidationError):
        RebuildRequest.model_validate(body)


def test_every_stage_has_one_first_step_in_order():
    steps = first_steps()
    assert [step.name for step in steps] == [stage.name for stage in STAGES]
    assert [step.stage for step in steps] == list(range(1, len(STAGES) + 1))
    assert [step.name for step in steps if step.queue == "gpu"] == ["scan", "activations"]


def test_shards_join_the_step_that_was_planned_first():
    shards = activation_steps(3)
    assert [step.shard for step in shards] == [0, 1, 2]
    planned = first_steps()[stage_number("activations") - 1]
    assert (planned.name, planned.stage, planned.shard) == (shards[0].name, shards[0].stage, shards[0].shard)


def test_requests_are_a_leaf_without_celery_and_torch():
    code = "import sys, worker.jobs.requests; print(sorted({'celery', 'torch', 'scipy', 'redis'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_doorbell_imports_neither_torch_nor_the_tasks():
    code = (
        "import sys, worker.jobs.doorbell; "
        "print(sorted({'torch', 'scipy', 'graphdatascience', 'worker.jobs.tasks'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
