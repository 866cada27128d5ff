from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.quantities import covers, quantities

# --- Numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("fr", "14 000, 14000, 14\u2009000\u202f; 14\u202f000, 14\u00a0000, 14.000", "14000"),
        ("en", "14,000 or 14 000", "14000"),
        ("de", "14.000", "14000"),
        (None, "14 000", "14000"),
        ("fr", "3,5 ou 3,50", "3.5"),
        ("en", "3.5", "3.5"),
        ("en", "14.000", "14"),
        ("fr", "1.234.567,5 €", "1234567.5"),
        ("fr", "12\u202f%, 12 pour cent, douze pour cent, 12%", "12%"),
        ("en", "12 %, 12 percent, twelve per cent", "12%"),
        ("fr", "cent pour cent", "100%"),
        ("fr", "de 10 à 12,5\u00a0%", "10 12.5%"),
        ("fr", "1,2 million d'euros", "1200000"),
        ("en", "$3.5 billion", "3500000000"),
        ("fr", "3 milliards, 12 mille", "3000000000 12000"),
        ("fr", "le 68e, le 68ème et le 1er", "68 1"),
        ("en", "the 68th, the 1st", "68 1"),
        ("fr", "−3 °C, entre -5 et (-6)", "-3 -5 -6"),
        ("fr", "1962-1963, 2–3, 10%-12%", "1962 1963 2 3 10% 12%"),
        ("fr", "1962, 007, 0,50", "1962 7 0.5"),
        ("fr", "l'Airbus A380 et le XXe siècle", ""),
        ("fr", "en 2017 300 personnes", "2017 300"),
        ("fr", "14000€, 20km", "14000 20"),
        ("zh", "共14000人", "14000"),
        ("fr", "9" * 40, ""),
        ("fr", "un homme, une femme, des millions et 50 cents", "50"),
        ("en", "one of hundreds, several thousand people", ""),
        ("xx", "deux two", ""),
        ("fr", "", ""),
    ],
)
def test_numbers_are_read_in_the_notation_of_the_language(language: str | None, text: str, told: str) -> None:
    assert quantities(text, language) == set(told.split())


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("zéro", 0),
        ("neuf", 9),
        ("seize", 16),
        ("dix-sept", 17),
        ("vingt et un", 21),
        ("vingt-et-une", 21),
        ("vingt‑deux", 22),
        ("soixante-dix", 70),
        ("soixante et onze", 71),
        ("septante-deux", 72),
        ("soixante-dix-sept", 77),
        ("quatre-vingts", 80),
        ("quatre-vingt-un", 81),
        ("Quatre-vingt-dix-sept", 97),
        ("cent", 100),
        ("cent un", 101),
        ("onze cents", 1100),
        ("deux cent quatre", 204),
        ("mille", 1000),
        ("quatorze mille", 14_000),
        ("mille neuf cent quatre-vingt-dix-huit", 1998),
        ("deux mille dix-sept", 2017),
        ("deux cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf", 299_999),
        ("un million", 1_000_000),
        ("un demi-million", 500_000),
        ("deux millions trois cent mille", 2_300_000),
        ("trois milliards", 3_000_000_000),
    ],
)
def test_french_number_words_are_read(words: str, number: int) -> None:
    assert quantities(f"Il y en a {words}.", "fr") == {str(number)}


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("seventeen", 17),
        ("twenty-one", 21),
        ("ninety nine", 99),
        ("a hundred", 100),
        ("two hundred and five", 205),
        ("nineteen hundred", 1900),
        ("a hundred thousand", 100_000),
        ("half a million", 500_000),
        ("one million", 1_000_000),
        ("three billion two hundred thousand and twelve", 3_000_200_012),
    ],
)
def test_english_number_words_are_read(words: str, number: int) -> None:
    assert quantities(f"There are {words}.", "en") == {str(number)}


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("fr", "deux ou trois", "2 3"),
        ("fr", "deux trois jours", "2 3"),
        ("en", "nineteen ninety-eight", "19 98"),
        ("fr", "en 2000 deux personnes", "2000 2"),
        ("fr", "vingt et deux cents", "20 200"),
        ("en", "five and six", "5 6"),
        ("fr", "septembre, dixième, vingtaine, centre, millet", ""),
    ],
)
def test_words_that_make_no_one_number_stay_apart(language: str, text: str, told: str) -> None:
    assert quantities(text, language) == set(told.split())


@given(st.integers(0, 10**15), st.sampled_from(" \u00a0\u2009\u202f."))
def test_grouping_changes_no_number(number: int, separator: str) -> None:
    assert quantities(f"{number:,}".replace(",", separator), "fr") == {str(number)}
    assert quantities(f"{number:,}", "en") == {str(number)}


# --- Dates and times ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("fr", "le vingt-sept juin deux mille dix-sept", "2017-06-27"),
        ("fr", "mardi 27 JUIN 2017, 27-06-2017 ou 27.06.2017", "2017-06-27"),
        ("en", "the 27th of June, 2017; 27 June 2017; June 27th 2017; 06/27/2017", "2017-06-27"),
        ("en", "Sept. 11, 2001", "2001-09-11"),
        ("fr", "12 sept. 2017, 12 sept 2017", "2017-09-12"),
        ("fr", "le 5 aout 2017", "2017-08-05"),
        ("es", "27 de junio de 2017", "2017-06-27"),
        ("de", "27. Juni 2017", "2017-06-27"),
        ("ru", "27 июня 2017 года", "2017-06-27"),
        ("fr", "05/06/2017", "2017-06-05"),
        ("en", "05/06/2017", "2017-05-06"),
        ("fr", "le 1er mai et le 11-Septembre", "--05-01 --09-11"),
        ("en", "on May 5", "--05-05"),
        ("fr", "en juin 2017", "2017-06"),
        ("en", "in June 2017", "2017-06"),
        ("fr", "en juin 27 personnes sont parties à Marseille", "27"),
        ("FR", "27 juin 2017", "27 2017"),  # no code of a language
        ("fr", "99/99/2017", "99 2017"),
        ("fr", "18h30, 18 h 30, 18:30, 8 h 05", "18:30 08:05"),
        ("fr", "à 18 h, 18h", "18"),
    ],
)
def test_dates_are_read_in_every_notation(language: str, text: str, told: str) -> None:
    assert quantities(text, language) == set(told.split())


FRENCH = str.split("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
ENGLISH = str.split("January February March April May June July August September October November December")


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_every_date_is_the_same_in_every_notation(day: date) -> None:
    french, english = FRENCH[day.month - 1], ENGLISH[day.month - 1]
    told = {day.isoformat()}
    assert quantities(f"le {day.day} {french} {day.year}", "fr") == told
    assert quantities(f"on {english} {day.day}, {day.year}", "en") == told
    assert quantities(f"{day.day:02}/{day.month:02}/{day.year}", "fr") == told
    assert quantities(f"{day.month}/{day.day}/{day.year}", "en") == told
    assert quantities(f"({day.isoformat()})", "fr") == told


# --- Comparing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "wanted", "covered"),
    [
        ("2017-06-27", "2017-06-27", True),
        ("2017-06-27", "2017-06 2017 --06-27", True),
        ("2017-06", "2017-06-27", False),
        ("--06-27", "2017-06-27", False),
        ("2017-06-27", "27", False),
        ("2017-06-27", "20", False),
        ("12%", "12", True),
        ("12", "12%", False),
        ("5 14000", "14000", True),
        ("5", "5 14000", False),
        ("15", "5", False),
        ("3", "-3", False),
        ("", "", True),
    ],
)
def test_a_finer_quantity_covers_a_coarser_one(found: str, wanted: str, covered: bool) -> None:
    assert covers(set(found.split()), set(wanted.split())) is covered


@given(
    st.text(st.one_of(st.characters(), st.sampled_from("0123456789.,-/% :h"))),
    st.sampled_from(["fr", "en", "de", None]),
)
def test_any_text_can_be_read(text: str, language: str | None) -> None:
    told = quantities(text, language)
    assert covers(told, told)
