"""Text as it is compared: cleaned once, folded with a map back to its offsets, cut into analysed words."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import Stemmer

# What no database keeps: NUL, and halves of surrogate pairs.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` as it is stored: line ends are LF; one leading BOM, NULs and lone surrogates are gone."""
    unmarked = text.removeprefix("\ufeff")
    return _UNSTORABLE.sub("", unmarked.replace("\r\n", "\n").replace("\r", "\n"))


# --- Folding -----------------------------------------------------------------------------------------

# Soft hyphen, zero-width characters, bidi controls, variation selectors: nobody sees or types them.
_INVISIBLE = "\u00ad\u034f\u061c\u180e\ufeff" + "".join(
    map(chr, [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)])
)
_VARIANTS = str.maketrans(
    dict.fromkeys("’ʼ‘‛‚ʹʻʽ′´`‹›", "'")
    | dict.fromkeys("«»“”„‟〝〞〟", '"')
    | dict.fromkeys("‐‑‒–—―⁃−⸺⸻﹘", "-")
    | {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"}
    | dict.fromkeys(_INVISIBLE)
)
# The marks of European scripts, the vowel points of Hebrew and Arabic, and letters that only look like one
# with a mark. The vowel signs of Indic scripts and the voicing of kana are letters, not accents.
_WITHOUT_ACCENTS = str.maketrans(
    dict.fromkeys(map(chr, [*range(0x300, 0x370), *range(0x5B0, 0x5BE), 0x640, *range(0x64B, 0x660), 0x670]))
    | {"ø": "o", "ł": "l", "đ": "d", "ı": "i"}
)
# Starters that compose with the character before all the same: Hangul vowels and finals (compatibility and
# half-width ones too), Indic vowel signs, the voicing of half-width kana.
_COMPOSING = (
    "\u1160-\u11ff\u3131-\u318e\uff9e-\uffdc\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6"
    "\u0d3e\u0d57\u0dcf\u0ddf\u0f73\u0f75\u0f81\u102e\u1b35\U00011127\U0001133e\U00011357\U000114b0\U000114ba"
    "\U000114bd\U000115af\U00011930"
)
_MOST_MARKS = 30  # on one character, as in Unicode's Stream-Safe Text; sorting more of them takes forever


def is_visible(text: str) -> bool:
    """Whether anything of ``text`` can be seen: spaces, control and format characters (zero width, bidi) cannot."""
    return any(not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf") for char in text)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared, with the way back: ``text[i]`` stands for ``original[offsets[i]:ends[i]]``.

    Two folded characters may stand for one of the original ("œ" is "oe"), and one for many (a run of spaces).
    """

    text: str
    offsets: Sequence[int] = field(repr=False)
    ends: Sequence[int] = field(repr=False)


def fold(text: str, accents: bool = True) -> Folded:
    """NFKC and case folding; one kind of space, apostrophe, quotation mark and dash; nothing invisible.

    :param accents: False drops them.
    """
    parts: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    for match in _clusters().finditer(text):
        start, end = match.span()
        if match.lastgroup == "plain":
            parts.append(match.group().lower() if accents else _fold_plainly(match.group(), accents))
            offsets.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            folded = " " if match.lastgroup == "space" else _fold_cluster(match.group(), accents)
            parts.append(folded)
            offsets.extend([start] * len(folded))
            ends.extend([end] * len(folded))
    return Folded("".join(parts), offsets, ends)


def find_folded(haystack: str | Folded, needle: str) -> tuple[int, int] | None:
    """The first ``(start, end)`` of the original that folds to what ``needle`` folds to, outer spaces aside.

    Accents count; a ``Folded`` haystack must have kept its own.
    """
    folded = fold(haystack) if isinstance(haystack, str) else haystack
    wanted = fold(needle).text.strip()
    at = folded.text.find(wanted) if wanted else -1
    while at >= 0:
        last = at + len(wanted) - 1
        if _is_whole(folded, at, last):
            return folded.offsets[at], folded.ends[last]
        at = folded.text.find(wanted, at + 1)
    return None


def _is_whole(folded: Folded, first: int, last: int) -> bool:
    """Whether no character of the original is cut: half of "œ" cannot be shown."""
    offsets = folded.offsets
    starts = first == 0 or offsets[first - 1] != offsets[first]
    return starts and (last + 1 == len(offsets) or offsets[last + 1] != offsets[last])


@cache
def _clusters() -> re.Pattern[str]:
    """Stretches that fold alone as they do in their text: a character and all that may compose with it.

    Plain ones are runs of characters that fold to one character each.
    """
    follower = f"[{_INVISIBLE}]*[{_marks()}{_COMPOSING}]"
    return re.compile(
        rf"(?P<plain>[!-_a-~à-åç-öø-ÿぁ-ゖァ-ヺ一-鿿]+(?!{follower}))"
        rf"|(?P<space>\s(?:[{_INVISIBLE}]*\s)*)"
        rf"|[{_INVISIBLE}]+"
        rf"|(?s:.)(?:{follower}){{0,{_MOST_MARKS}}}"
    )


@cache
def _too_many_marks() -> re.Pattern[str]:
    return re.compile(f"([{_marks()}]{{{_MOST_MARKS}}})[{_marks()}]+")


@cache
def _marks() -> str:
    """All combining characters; there are none behind the first supplementary plane."""
    return "".join(char for char in map(chr, range(0x300, 0x20000)) if unicodedata.combining(char))


def _fold_cluster(cluster: str, accents: bool) -> str:
    folded = _fold_plainly(cluster, accents)
    # The compatibility form of "¨" is a space with a mark on it, and no space was there.
    return unicodedata.normalize("NFC", cluster) if folded.startswith(" ") else folded


def _fold_plainly(text: str, accents: bool) -> str:
    """``fold`` without the way back, and with spaces and line ends as they are."""
    folded = text.translate(_VARIANTS)
    if folded.isascii():
        return folded.lower()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    if not accents:
        folded = unicodedata.normalize("NFD", folded).translate(_WITHOUT_ACCENTS)
    return unicodedata.normalize("NFC", folded.translate(_VARIANTS))


# --- Words -------------------------------------------------------------------------------------------

# fmt: off
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian",
    "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch",
    "nn": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}
# fmt: on

_STOP_WORDS = {
    "fr": """
        a ai aie aient aies ait alors as au aucun aucune aujourd'hui auquel aura aurai auraient aurais
        aurait auras aurez auriez aurions aurons auront aussi autre autres aux auxquelles auxquels avaient
        avais avait avec avez aviez avions avoir avons ayant ayez ayons c ça car ce ceci cela celle celles
        celui cent ces cet cette ceux chaque chez ci combien comme comment d dans de depuis des desquelles
        desquels dont du duquel elle elles en encore entre es est et étaient étais était étant étante étants
        êtes étiez étions été étée étées étés être eu eue eues eurent eus eusse eussent eut eux eûmes eût
        eûtes fûmes furent fus fusse fussent fut fût il ils j je jusque l la là laquelle le lequel les
        lesquelles lesquels leur leurs lors lorsque lui m ma mais me même mêmes mes moi mon n ne ni nos
        notre nous on ont ou où par parce pas pendant pour pourquoi puis puisque qu quand que quel quelle
        quelles quels qui quoi quoique s sa sans se sera serai seraient serais serait seras serez seriez
        serions serons seront ses si sien sienne siennes siens soi soient sois soit sommes son sont sous
        soyez soyons suis sur t ta te tes toi ton tous tout toute toutes très tu un une vers voici voilà vos
        votre vous y quelqu'un
        """,
    "en": """
        a about above after again against all am an and any are aren't as at be because been before being
        below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't
        down during each few for from further had hadn't has hasn't have haven't having he he'd he'll he's
        her here here's hers herself him himself his how how's i i'd i'll i'm i've if in into is isn't it
        it's its itself let's me more most my myself no nor not of off on once only or other ought our ours
        ourselves out over own same she she'd she'll she's should shouldn't so some such than that that's
        the their theirs them themselves then there there's these they they'd they'll they're they've this
        those through to too under until up very was wasn't we we'd we'll we're we've were weren't what
        what's when when's where where's which while who who's whom whose why why's will with won't would
        wouldn't you you'd you'll you're you've your yours yourself yourselves
        """,
    "es": """
        a al algo algunas algunos ante antes aquel aquella aquellas aquellos aquí así aun aunque cada como
        cómo con contra cual cuál cuales cuáles cuando cuándo cuánta cuántas cuánto cuántos de del desde
        donde dónde durante e el él ella ellas ellos en entonces entre era eran eras eres es esa esas ese
        eso esos esta está estaba estaban estado están estar estas este esto estos estoy fue fuera fueron
        fui ha había habían haber hace han has hasta hay he la las le les lo los me mi mí mis mucho muchos
        muy más nada ni no nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro otros para
        pero poco por porque pues que qué quien quién quienes quiénes se sea sean según ser será si sí sido
        sin sobre son su sus suya suyo también tanto te tenía tiene tienen todo todos tu tú tus un una unas
        uno unos usted ustedes vosotros y ya yo
        """,
    "de": """
        aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch
        auf aus bei beim bin bis bist da damit dann das dass dasselbe daß dazu dein deine dem den denn der
        derer des dessen dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine
        einem einen einer eines einig einige einigem einigen einiger einiges er es etwas euch euer eure für
        gegen gewesen hab habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren
        ihrer ihres im in indem ins ist jede jedem jeden jeder jedes jene jenem jenen jener jenes jetzt kann
        kein keine keinem keinen keiner keines können könnte machen man manche manchem manchen mancher
        manches mein meine meinem meinen meiner mich mir mit muss musste nach nicht nichts noch nun nur ob
        oder ohne sehr sein seine seinem seinen seiner seines seit selbst sich sie sind so solche solchem
        solchen solcher soll sollte sondern sonst über um und uns unser unsere unter viel vom von vor wann
        war waren warst warum was weg weil weiter welche welchem welchen welcher welches wenn wer werde
        werden wie wieder will wir wird wirst wo wollen wollte wurde wurden während würde würden zu zum zur
        zwar zwischen
        """,
    "it": """
        a abbia abbiamo abbiano agli ai al alla alle allo anche avere aveva avevano avuto c che chi ci come
        con contro cosa cui d da dagli dai dal dalla dalle dallo degli dei del della delle dello di dov dove
        e è ed era erano essere fa fra fu furono gli ha hai hanno ho i il in io l la le lei li lo loro lui m
        ma mi mia mie miei mio ne negli nei nel nella nelle nello noi non nostra nostre nostri nostro o per
        perché più qual quale quali quando quanta quante quanti quanto quella quelle quelli quello questa
        queste questi questo s sarà se sei si sia siamo siano sono sta stata state stati stato su sua sue
        sugli sui sul sulla sulle sullo suo suoi t ti tra tu tua tue tuo tuoi tutti tutto un una uno v vi
        voi vostra vostre vostri vostro
        """,
    "pt": """
        a à ao aos aquela aquelas aquele aqueles aquilo as às até com como da das de dela delas dele deles
        depois do dos e é ela elas ele eles em entre era eram essa essas esse esses esta está estamos estão
        estar estas estava estavam este esteve estes estou eu foi foram há isso isto já lhe lhes lo mais mas
        me mesmo meu meus minha minhas muito na nas nem no nos nós nossa nossas nosso nossos não num numa o
        onde os ou para pela pelas pelo pelos por porque qual quais quando quanta quantas quanto quantos que
        quê quem se seja sem ser será seu seus só são sobre sua suas também te tem têm tinha tinham tu tua
        tuas teu teus um uma umas uns você vocês vos
        """,
}

# Scripts that put no spaces between words, and Hangul, whose particles hang on the word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs and points, which `\w` leaves out.
_SIGNS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u0670\u0900-\u0963\u0966-\u0d7f"
_LETTER = rf"(?:[^\W_{_UNSPACED}]|[{_SIGNS}])"
_TOKEN = re.compile(
    r"(?<![0-9.])[0-9]++\.[0-9]++(?!\.?[0-9])"  # 3.5, but a date falls into its numbers
    r"|(?<![^\W_])(?:[^\W\d_]\.){2,}+(?:[^\W\d_](?![^\W_]))?"  # U.S., O.N.U
    rf"|{_LETTER}++(?:'{_LETTER}++)*+"
    rf"|[{_UNSPACED}]++"
)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_LONGEST = 64  # characters of a word that count; what is longer is no word, and would fill the cache

_ELIDED = "(?:[ldnsjmtcç]|qu|jusqu|lorsqu|puisqu|quoiqu)"  # in names French ones occur in every language
_ELISIONS = {
    "it": re.compile(rf"(?<![\w'])(?:{_ELIDED}|v|un|dov|com|anch|tutt|qu[ea]ll|quest|(?:d[ae]|a|ne|su)ll)'(?=\w)"),
    "": re.compile(rf"(?<![\w']){_ELIDED}'(?=\w)"),
}

_SUPERSCRIPTS = str.maketrans(dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", " "))  # notes: "14 000²" is not 140 002
_SPACED_GROUPS = re.compile(r"(?<![\w.,])[0-9]{1,3}(?:[ '][0-9]{3})++(?![0-9])")
_GROUPS = {
    ".": re.compile(r"(?<![\w.,])[1-9][0-9]{0,2}(?:\.[0-9]{3})++(?!\.?[0-9])"),
    ",": re.compile(r"(?<![\w.,])[1-9][0-9]{0,2}(?:,[0-9]{3})++(?!,?[0-9])"),
}
_DECIMAL_COMMA = re.compile(r"(?<![\w.,])([0-9]++),([0-9]++)(?![.,]?[0-9])")
_GROUPED_BY = dict.fromkeys(
    str.split("ca cs da de el es fi fr hu id it nb nl nn no pl pt ro ru sr sv tr uk vi"), "."
) | dict.fromkeys(str.split("en ga he hi ja ko ms ta te th zh"), ",")

_ORDINAL = re.compile(
    r"([0-9]+)(?:ers?|res?|eres?|es?|emes?|iemes?|nds?|ndes?|st|rd|th|(?<=2)de?|(?<=[0-9]{3})s|[oa]s?)"
)

# Snowball needs accents, except that French people leave them out: "fondee" shall meet "fondé". Stemmed without
# them, and with the endings that only an accent gives away cut here, BM25 finds what it found with them
# (MRR on PIAF 0.841 against 0.838), and finds it for questions without accents too (0.841 against 0.826).
_FRENCH_ENDING = re.compile(r"(?<=[^\W_]{2})e(?:es?|rent)$")


def words(text: str, language: str | None = None) -> list[str]:
    """The words of ``text`` as they are searched for and counted: folded, stemmed, without stop words.

    A number is one word however its digits are grouped ("14 000", "14.000"); decimals have a point; ordinals
    lose their ending; scripts without spaces come in pairs of characters.

    :param language: ISO 639-1; where it is None or has no stemmer, words are only folded.
    """
    terms: list[str] = []
    for token in _tokens(text, language):
        if token[0] >= "\u0e00" and _IS_UNSPACED.match(token):
            terms.extend(_pairs(token))
        elif term := _term(token[:_LONGEST], language or ""):
            terms.append(term)
    return terms


@cache
def stop_words(language: str | None) -> frozenset[str]:
    """Words too frequent to tell anything, accents folded; none for a language without a list."""
    return frozenset(_fold_plainly(word, accents=False) for word in _STOP_WORDS.get(language or "", "").split())


def _tokens(text: str, language: str | None) -> list[str]:
    if not text.isascii():
        text = _too_many_marks().sub(r"\1", text.translate(_SUPERSCRIPTS))
    folded = _fold_plainly(text, accents=True)
    elision = _ELISIONS.get(language or "", _ELISIONS[""])
    return _TOKEN.findall(elision.sub("", join_numbers(folded, language)))


def join_numbers(text: str, language: str | None) -> str:
    """Folded ``text`` with each number as one word: "14 000" and "14.000" joined, decimals with a point."""
    joined = _SPACED_GROUPS.sub(_digits, text)
    for separator in _GROUPED_BY.get(language or "", ".,"):  # unknown: three digits behind a sign are a group
        joined = _GROUPS[separator].sub(_digits, joined)
    return _DECIMAL_COMMA.sub(r"\1.\2", joined)


def _digits(match: re.Match[str]) -> str:
    return re.sub("[^0-9]", "", match.group())


@lru_cache(maxsize=1 << 16)
def _term(token: str, language: str) -> str | None:
    """One folded token as it is searched for, or None for a stop word."""
    bare = _fold_plainly(token, accents=False)
    if not bare or bare in stop_words(language):
        return None
    if bare[0].isdecimal():
        ordinal = _ORDINAL.fullmatch(bare)
        return ordinal[1] if ordinal else bare.replace("'", "")
    word = _FRENCH_ENDING.sub("e", bare) if language == "fr" else token
    stem = _stem(word.replace(".", ""), language)
    return _fold_plainly(stem, accents=False).replace("'", "") or None


def _stem(word: str, language: str) -> str:
    algorithm = _SNOWBALL.get(language)
    return str(_stemmer(algorithm).stemWord(word)) if algorithm else word


@cache
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm, 0)  # no cache of its own: `_term` has one


def _pairs(token: str) -> list[str]:
    return [token[at : at + 2] for at in range(len(token) - 1)] or [token]
