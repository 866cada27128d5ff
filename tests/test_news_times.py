from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.news.calendars import season_of, shifted, weekday_near
from assistant.news.glosses import gloss
from assistant.news.times import time_expressions
from benchmarks.news import cases, times, total

TUESDAY = date(2017, 5, 9)


def read(text, reference=TUESDAY, language=None):
    return [(text[t.start : t.end], t.earliest, t.latest) for t in time_expressions(text, reference, language)]


@pytest.mark.parametrize("held_out", [False, True])
def test_times_of_the_set_are_resolved(held_out):
    assert total(map(times, cases("times", held_out))).f1 >= 0.90


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Réuni mardi, il a parlé.", [("mardi", TUESDAY, TUESDAY)]),
        ("Il viendra jeudi.", [("jeudi", date(2017, 5, 11), date(2017, 5, 11))]),
        ("Il est venu jeudi.", [("jeudi", date(2017, 5, 4), date(2017, 5, 4))]),
        ("Fin avril,", [("Fin avril", date(2017, 4, 21), date(2017, 4, 30))]),
        ("depuis plus de deux ans", [("depuis plus de deux ans", date(2015, 5, 9), TUESDAY)]),
        ("le 1er\u00a0août 2014", [("le 1er\u00a0août 2014", date(2014, 8, 1), date(2014, 8, 1))]),
        ("du 28 au 3 mai", [("du 28 au 3 mai", date(2017, 4, 28), date(2017, 5, 3))]),
        ("de mars à juin 2020", [("de mars à juin 2020", date(2020, 3, 1), date(2020, 6, 30))]),
        ("en fevrier 2016", [("en fevrier 2016", date(2016, 2, 1), date(2016, 2, 29))]),
        ("le 20 décembre dernier", [("le 20 décembre dernier", date(2016, 12, 20), date(2016, 12, 20))]),
        ("le 30 février", []),
        ("2 017 soldats et 1998 machines", []),
        ("They may march.", []),
        ("le 99/99/2017", []),
    ],
)
def test_what_is_read(text, expected):
    assert read(text) == expected


def test_without_a_publication_date_relative_ones_stay_open():
    (found,) = time_expressions("Réuni mardi, il a parlé.", None)
    assert not found.is_resolved
    assert found.relative
    assert read("le 3 janvier 2015", None) == [("le 3 janvier 2015", date(2015, 1, 3), date(2015, 1, 3))]


def test_figures_are_days_first_and_left_alone_in_english():
    assert read("le 05/09/2017", language="fr") == [("le 05/09/2017", date(2017, 9, 5), date(2017, 9, 5))]
    assert read("05/09/2017", language="en") == []


@given(st.text(alphabet="le du au 0123456789/-mardi juin 1er depuis avant entre et fin il y a ans 2017", max_size=60))
def test_any_text_has_expressions_in_order_and_apart(text):
    for reference in (TUESDAY, None, date(1, 1, 1), date(9999, 12, 31)):
        found = time_expressions(text, reference)
        assert all(0 <= one.start < one.end <= len(text) for one in found)
        assert all(one.end <= other.start for one, other in pairwise(found))
        assert all(one.earliest <= one.latest for one in found if one.earliest and one.latest and not one.relative)


def test_calendars():
    assert season_of(2016, 12) == (date(2016, 12, 1), date(2017, 2, 28))
    assert shifted(date(2024, 3, 31), "month", -1) == date(2024, 2, 29)
    assert [weekday_near(TUESDAY, 1, side).first.day for side in ("past", "before", "coming", "next")] == [9, 2, 9, 16]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("mardi", "fr", "mardi 9 mai 2017"),
        ("Tuesday", "en", "Tuesday 9 May 2017"),
        ("Fin avril", "fr", "du 21 au 30 avril 2017"),
        ("Fin avril", "en", "21 to 30 April 2017"),
        ("début mai", "fr", "du 1er au 10 mai 2017"),
        ("le mois prochain", "fr", "juin 2017"),
        ("l'an dernier", "fr", "2016"),
        ("depuis plus de deux ans", "fr", "du 9 mai 2015 au 9 mai 2017"),
        ("depuis deux ans", "en", "9 May 2015 to 9 May 2017"),
        ("avant mardi", "fr", "jusqu’au lundi 8 mai 2017"),
        ("en 2015", "fr", None),
    ],
)
def test_glosses(text, language, expected):
    (found,) = time_expressions(text, TUESDAY)
    assert gloss(found, language) == expected


def test_the_gloss_without_a_publication_date():
    (found,) = time_expressions("mardi", None)
    assert gloss(found, "fr") == "date inconnue"
    assert gloss(found, "en") == "date unknown"
