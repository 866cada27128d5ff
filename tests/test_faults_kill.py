"""An ingest killed anywhere: every acknowledged article is there, the index opens, the next run ends as if nothing
had happened, and nothing is embedded twice.

    pytest tests/test_faults_kill.py --release      200 rounds instead of 40
"""

import random
import re
from pathlib import Path

import pytest
from workshop import contents, converge, look, opened_workshop

from assistant.failpoints import FAILPOINTS, VARIABLE
from assistant.settings import PREFIX

PACKAGE = Path(__file__).parent.parent / "assistant"

FIRST_RUN = ("storing:5", "stored:5", "embedded:3", "kept:3", "filling:2", "built", "renamed", "pointing", "published")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    with opened_workshop(tmp_path_factory.mktemp("kill")) as opened:
        yield opened


@pytest.fixture(scope="module")
def expected(workshop):
    return contents(workshop.after)


@pytest.mark.parametrize("name", FAILPOINTS)
def test_killed_at_a_failpoint_nothing_is_lost(workshop, expected, name):
    workshop.begin(first=False)
    assert workshop.ingest(failpoint=name) == -9
    look(workshop, first=False)
    converge(workshop, expected, deaths=1)


@pytest.mark.parametrize("name", FIRST_RUN)
def test_killed_in_the_middle_of_a_first_run_nothing_is_lost(workshop, expected, name):
    workshop.begin(first=True)
    assert workshop.ingest(failpoint=name) == -9
    look(workshop, first=True)
    converge(workshop, expected, deaths=1)


def test_killed_at_random_moments_nothing_is_lost(workshop, expected, release, record_property):
    chance = random.Random(6)
    killed = 0
    rounds = (200 if release else 40) - len(FAILPOINTS) - len(FIRST_RUN)
    for number in range(rounds):
        first = number % 3 == 0
        workshop.begin(first)
        deaths = 0
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            deaths += workshop.ingest(kill_after=chance.uniform(0, workshop.seconds)) == -9
            look(workshop, first)
        killed += deaths
        converge(workshop, expected, deaths)
    record_property("figure", f"{rounds} of {rounds} rounds of {killed} kills at random moments")
    assert killed


def test_every_failpoint_is_somewhere():
    written = [
        name
        for path in PACKAGE.glob("*.py")
        for name in re.findall(r'^ +failpoint\("(\w+)"\)$', path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(written) == sorted(FAILPOINTS)


def test_a_failpoint_is_no_setting():
    assert not VARIABLE.startswith(PREFIX)
