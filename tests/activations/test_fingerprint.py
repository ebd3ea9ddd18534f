import dataclasses
import pickle
import subprocess
import sys

import pytest

from worker.activations.errors import BadFingerprint, FingerprintMismatch
from worker.activations.fingerprint import Fingerprint

MARK = Fingerprint("logmel96-16k-2", "msd_vgg", "musicnn", "ab" * 32, "pool5", 187, 187, 0, "fp32", "cpu")


def test_a_fingerprint_reads_what_it_writes():
    assert Fingerprint.parse(MARK.text) == MARK


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Fingerprint)])
def test_every_field_changes_text_and_digest(field):
    value = getattr(MARK, field)
    other = dataclasses.replace(MARK, **{field: value + 1 if isinstance(value, int) else f"{value}x"})
    assert other.text != MARK.text
    assert other.digest != MARK.digest


def test_the_digest_is_short_and_fit_for_a_folder():
    assert len(MARK.digest) == 16
    assert set(MARK.digest) <= set("0123456789abcdef")


def test_mixing_two_fingerprints_names_both():
    other = dataclasses.replace(MARK, layer="pool4")
    with pytest.raises(FingerprintMismatch) as caught:
        MARK.require(other)
    assert MARK.text in str(caught.value)
    assert other.text in str(caught.value)
    MARK.require(MARK)
    MARK.require(MARK.text)


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(FingerprintMismatch("a", "b")))  # noqa: S301
    assert (error.wanted, error.found) == ("a", "b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        MARK.text + ";layer=pool5",
        MARK.text.replace("layer=pool5;", ""),
        MARK.text.replace("hop_frames=187", "hop_frames=many"),
        MARK.text.replace("hop_frames=187", "hop_frames=-1"),
        MARK.text.replace("pool5", "pool 5"),
    ],
)
def test_a_text_that_is_no_fingerprint_is_refused(text):
    with pytest.raises(BadFingerprint):
        Fingerprint.parse(text)


def test_a_value_cannot_smuggle_in_another_field():
    with pytest.raises(BadFingerprint):
        Fingerprint("front", "net;layer=x")


def test_fingerprint_windows_store_and_registry_need_no_torch():
    code = (
        "import sys\n"
        "import worker.activations.fingerprint, worker.activations.windows, worker.activations.store\n"
        "import worker.cli.activations_commands\n"
        "assert not {'torch', 'torchaudio', 'pyarrow'} & set(sys.modules)\n"
        "from worker.activations.backbones import fingerprint_of\n"
        "fingerprint_of('logmel'), fingerprint_of('msd_vgg')\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=180)
