import importlib.util
from pathlib import Path

import numpy as np
import pytest

from worker.demo.arrangement import arrange
from worker.demo.errors import DemoPackageMissing
from worker.demo.plan import ExcerptPlan
from worker.demo.scores import BOOKS, UnsuitableScoreError, corpus_folder, list_scores, parse

FORBIDDEN = {"essenFolksong", "palestrina", "monteverdi", "trecento", "airdsAirs", "miscFolk", "leadSheet"}


@pytest.fixture(scope="module")
def refs():
    return list_scores(corpus_folder(), folk_only=False)


def test_forbidden_books_are_never_listed(refs):
    folders = {Path(ref.path).relative_to(corpus_folder()).parts[0] for ref in refs}
    assert folders <= {book.folder for book in BOOKS}
    assert not folders & FORBIDDEN


def test_only_folk_books_are_listed_when_asked_for(refs):
    folk = list_scores(corpus_folder(), folk_only=True)
    assert {ref.name.split("/")[0] for ref in folk} == {"ryansMammoth", "oneills1850"}
    assert folk == [ref for ref in refs if ref in folk]


def test_a_score_is_listed_once_under_one_name(refs):
    assert len({ref.name for ref in refs}) == len(refs)
    assert len({(ref.kind, ref.title.lower()) for ref in refs}) == len(refs)


def test_every_kind_has_enough_scores_for_the_full_recipe(refs):
    for kind, needed in {
        "jig": 40,
        "slip jig": 40,
        "reel": 40,
        "hornpipe": 40,
        "strathspey": 40,
        "quartet": 16,
    }.items():
        assert sum(ref.kind == kind for ref in refs) >= needed


def test_the_key_of_a_tune_is_what_its_header_says(refs):
    acacia = next(ref for ref in refs if ref.name == "ryansMammoth/AcaciaReel")
    assert (acacia.title, acacia.kind, acacia.tonic, acacia.minor) == ("Acacia Reel", "reel", 7, False)


def test_a_tune_is_read_note_by_note(refs):
    score = parse(next(ref for ref in refs if ref.name == "ryansMammoth/AcaciaReel"))
    (part,) = score.parts
    assert part[:3, 2].tolist() == [62, 64, 66]  # the upbeat D E F sharp
    assert part[3].tolist() == [0.5, 0.5, 67.0]
    assert np.allclose(np.diff(score.bars)[1:8], 2.0)


def test_a_chorale_has_four_parts_and_ties_are_joined(refs):
    score = parse(next(ref for ref in refs if ref.name == "bach/bwv10.7"))
    assert len(score.parts) == 4
    for part in score.parts:
        order = np.lexsort((part[:, 2], part[:, 0]))
        assert np.array_equal(order, np.arange(len(part)))
        assert (part[:, 1] > 0).all()
        assert part[:, 0].max() < score.bars[-1]
    assert score.parts[0][:, 2].mean() > score.parts[3][:, 2].mean()


def test_a_quartet_has_four_parts_that_play(refs):
    ref = next(ref for ref in refs if ref.name == "haydn/opus1no1/movement1")
    score = parse(ref)
    assert (ref.title, len(score.parts)) == ("Haydn String Quartet Op. 1 No. 1, Movement 1", 4)
    plan = ExcerptPlan(1, "quartet", 0, 0, 1, ("Violin", "Cello"), None, 1.0, 0, 1)
    assert len(arrange(ref, score, plan, 12.0).events) > 12


def test_a_score_with_other_parts_is_passed_over(refs):
    with pytest.raises(UnsuitableScoreError, match="parts"):
        parse(next(ref for ref in refs if ref.name == "bach/bwv846"))


def test_a_missing_package_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(DemoPackageMissing, match=r"music21.*make demo"):
        corpus_folder()
