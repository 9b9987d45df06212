from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from curation.config.commandfaults import explained
from tests.curation.corpora import add_clips, make_corpus

pytestmark = pytest.mark.django_db(transaction=True)


def policy(*arguments: str) -> str:
    out = StringIO()
    call_command("policy", *arguments, stdout=out)
    return out.getvalue()


def test_a_policy_from_preset_to_activation_and_back_out_as_json(tmp_path):
    add_clips(make_corpus("demo"), [{"persons_clip": 2.0, "face_area_ratio": 0.4}])
    out = policy("preset", "mit", "--corpus", "demo", "--activate", "--why", "to begin with")
    assert "policy 1 is active in demo: sft 0 (0.0 h), pretrain 0 (0.0 h), reject 1" in out
    assert policy("list", "--corpus", "demo").startswith("*   1  Multi-human")
    file = tmp_path / "mit.json"
    policy("export", "1", str(file), "--corpus", "demo")
    file.write_text(file.read_text().replace('"low": 0.5', '"low": 0.25'))
    assert "policy 2" in policy("import", str(file), "--corpus", "demo", "--activate")
    told = policy("diff", "1", "2", "--corpus", "demo")
    assert "smallest / largest face: at least 0.5 → at least 0.25 (sft)" in told
    assert "reject → undecided: 1" in told
    assert "people in the clip: from 2 to 4" in policy("show", "2", "--corpus", "demo")
    assert "talkvid-paper" in policy("presets")


def test_a_file_that_is_not_there_is_named():
    make_corpus("demo")
    with pytest.raises(OSError) as error:
        policy("import", "/nowhere.json", "--corpus", "demo")
    assert explained(error.value) == "/nowhere.json: No such file or directory."


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list", "--corpus", "nowhere"), "there are: demo"),
        (("preset", "nonsense", "--corpus", "demo"), "rushes-default"),
        (("activate", "7", "--corpus", "demo"), "no policy 7"),
        (("preset", "speakervid", "--corpus", "demo", "--activate"), "clarity has not been measured"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments, says):
    make_corpus("demo")
    with pytest.raises(CommandError, match=says):
        policy(*arguments)
