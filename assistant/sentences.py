"""Text to sentences, by offsets: the unit of citation, in any language.

Rules rather than a model: a stop ends a sentence unless something speaks against it, such as an abbreviation,
a small letter behind it, or a quotation or bracket around it. The rules of all languages hold at once, since
articles quote each other across languages. Every step reads the text once.
"""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

#: Characters of a sentence; what is longer is cut, at a clause where there is one.
LONGEST = 2000
#: Characters between quotation marks, and between brackets, that no boundary falls into.
LONGEST_QUOTATION = 600
LONGEST_BRACKET = 300

Range = tuple[int, int]


class SentenceSpan(NamedTuple):
    """``text[start:end]``, without the spaces around it."""

    start: int
    end: int
    #: From 0: blocks of lines without a blank line between them.
    paragraph: int


def split_sentences(text: str, language: str | None = None) -> list[SentenceSpan]:
    """The sentences of ``text`` in order; around and between them there are only spaces.

    :param language: ISO 639-1, where known: it matters to German, which writes ordinals with a stop.
    """
    return [
        SentenceSpan(start, end, number)
        for number, lines in enumerate(_paragraphs(text))
        for stretch in _unwrap(text, lines)
        for sentence in _sentences(text, *stretch, language)
        for start, end in _shorten(text, *sentence)
    ]


# --- Lines -----------------------------------------------------------------------------------------------

_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_LINE = re.compile(f"[^{_LINE_ENDS}]+")
_SPACES = re.compile(r"\s*")

_NARROWEST, _WIDEST = 30, 160  # characters of a wrapped line, from a newspaper column to a wide page

_DASH_ITEM = re.compile(r"[-–—]\s+[^\W\d_]")
_LIST_ITEM = re.compile(r"[•‣▪◦●○■□➢➤►✓·]|[-–—*>]\s|#{1,6}\s|\||\(?(?:[0-9]{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)°]\s")
_HEADING = re.compile(r"#{1,6}\s|\|")
_ENDS_WITH_STOP = re.compile(r"[.!?…。！？؟۔।॥][\"»”’')\]』」）\s\d\[]*$")
_CANNOT_END = re.compile(
    r"[,\-–—«“„(\[&/]$|[^\W\d_]['’]$|\b(?:de|du|des|le|la|les|un|une|et|ou|à|au|aux|en|par|pour|sur|avec|dans|que|qui"
    r"|the|a|an|of|and|or|in|on|to|for|by|with|el|los|las|del|y|con|para|der|die|das|den|dem|und|von|zu|im|mit)$"
)
_FIRST_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]|[^\s\u2e80-\u9fff\uac00-\ud7af]{1,40}")


def _paragraphs(text: str) -> Iterator[list[Range]]:
    """The lines of each paragraph, without the spaces around them."""
    lines: list[Range] = []
    for match in _LINE.finditer(text):
        line = _strip(text, *match.span())
        if line is None:
            continue
        if lines and _is_blank_line_between(text, lines[-1][1], line[0]):
            yield lines
            lines = []
        lines.append(line)
    if lines:
        yield lines


def _strip(text: str, start: int, end: int) -> Range | None:
    stripped = text[start:end].lstrip()
    start = end - len(stripped)
    end = start + len(stripped.rstrip())
    return (start, end) if start < end else None


def _is_blank_line_between(text: str, end: int, start: int) -> bool:
    gap = text[end:start].replace("\r\n", "\n")
    return sum(map(gap.count, _LINE_ENDS)) > 1


def _unwrap(text: str, lines: list[Range]) -> Iterator[Range]:
    """Stretches of lines; between two stretches a sentence ends, whatever the punctuation says."""
    start, end = lines[0]
    for index in range(1, len(lines)):
        if not _goes_on(text, lines, index):
            yield start, end
            start = lines[index][0]
        end = lines[index][1]
    yield start, end


def _goes_on(text: str, lines: list[Range], index: int) -> bool:
    """Whether line ``index`` may go on with the sentence of the line before.

    After a full stop it may too: whether it does is told with the stops of running text.
    """
    (before, before_end), (start, end) = lines[index - 1 : index + 1]
    tail = text[max(before, before_end - 40) : before_end]
    following = text[start : min(end, start + 40)]
    if _HEADING.match(text, before):
        return False
    if _LIST_ITEM.match(following):
        return _is_dash_in_sentence(following, tail) and _is_full(text, lines, index)
    if following[0].islower() or following[0] in ",;:.!?…)»”]":
        return True
    if tail[-1] == ":" and following[0] in '«“"':
        return True
    return bool(_ENDS_WITH_STOP.search(tail) or _CANNOT_END.search(tail)) or _is_full(text, lines, index)


def _is_dash_in_sentence(following: str, tail: str) -> bool:
    return bool(_DASH_ITEM.match(following)) and following[1:].lstrip()[0].islower() and tail[-1] not in ".:;,!?…"


def _is_full(text: str, lines: list[Range], index: int) -> bool:
    """Whether the first word of line ``index`` would not have fitted into the line before."""
    before, before_end = lines[index - 1]
    length = before_end - before
    width = max(_NARROWEST, *(end - start for start, end in lines[max(0, index - 2) : index + 1]))
    word = _FIRST_WORD.match(text, lines[index][0])
    return length <= _WIDEST and length + 1 + (len(word.group()) if word else 1) > width


# --- Quotations and brackets -----------------------------------------------------------------------------

# Two grave accents and two apostrophes are the quotation marks of tokenised corpora.
_MARK = re.compile(r"[«»“”„\"()\[\]「」『』（）【】《》‘]|’(?![^\W_])|``|''")
_OPENED_BY = {
    "»": "«", "«": "»", "”": "“„”", "“": "„", '"': '"', "’": "‘", "''": "``",
    ")": "(", "]": "[", "」": "「", "』": "『", "）": "（", "】": "【", "》": "《",
}  # fmt: skip
_OPENING = frozenset(["«", "“", "„", "‘", "``", "(", "[", "「", "『", "（", "【", "《"])
_EITHER = frozenset('"»”')  # close in one language and open in another
_BRACKETS = frozenset("([（【")
_DEPTH = 8  # open marks remembered


@dataclass(frozen=True, slots=True)
class _Marks:
    """The quotations and brackets of a stretch that stay whole, in order, and all closing characters."""

    firsts: list[int]
    lasts: list[int]
    closing: set[int]

    def enclose(self, at: int) -> bool:
        index = bisect_left(self.firsts, at) - 1
        return index >= 0 and at <= self.lasts[index]


def _read_marks(text: str, start: int, end: int) -> _Marks:
    opened: deque[tuple[int, str]] = deque(maxlen=_DEPTH)
    whole: list[Range] = []
    closing: set[int] = set()
    for match in _MARK.finditer(text, start, end):
        at, mark = match.start(), match.group()
        partner = _partner(mark, opened)
        if partner is not None and not (mark == '"' and _looks_opening(text, at)):
            first = _close(opened, partner)
            closing.update(range(*match.span()))
            if match.end() - first <= (LONGEST_BRACKET if text[first] in _BRACKETS else LONGEST_QUOTATION):
                _add_outermost(whole, (first, match.end() - 1))
        elif mark in _OPENING or (mark in _EITHER and not _looks_closing(text, at)):
            opened.append((at, mark))
        else:
            closing.update(range(*match.span()))
    return _Marks([first for first, _ in whole], [last for _, last in whole], closing)


def _partner(mark: str, opened: deque[tuple[int, str]]) -> str | None:
    openers = _OPENED_BY.get(mark, "")
    return next((opener for _, opener in reversed(opened) if opener in openers), None)


def _close(opened: deque[tuple[int, str]], partner: str) -> int:
    """Where the innermost ``partner`` stands; it and all within it is closed."""
    at, mark = opened.pop()
    while mark != partner:
        at, mark = opened.pop()
    return at


def _add_outermost(ranges: list[Range], new: Range) -> None:
    while ranges and ranges[-1][0] > new[0]:
        ranges.pop()
    ranges.append(new)


def _looks_opening(text: str, at: int) -> bool:
    before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
    return (before.isspace() or before in "([«“'’") and (after.isalnum() or after in "([«“'‘¿¡…")


def _looks_closing(text: str, at: int) -> bool:
    before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
    return (not before.isspace() or text[at] != '"') and (after.isspace() or after in ",.;:!?…)]»”")


# --- Boundaries ------------------------------------------------------------------------------------------

_WINDOW = 60  # characters looked at on either side of a stop

_FREE_STOPS = "。！？｡।॥។။።"  # end a sentence without a space behind them
_STOPS = ".!?…‽⁇⁈⁉؟۔։" + _FREE_STOPS
_SUPERSCRIPTS = "¹²³⁰⁴-⁹"
_CANDIDATE = re.compile(
    rf"(?<![{_STOPS}])(?<![{_STOPS}]\s)[{_STOPS}]++(?:[^\S\n]?[{_STOPS}]++)*+"
    rf"(?=[\s\"«»“”’')}}\]\[›」』】》〉〕）］{_SUPERSCRIPTS}]|\Z)"
    rf"|[{_FREE_STOPS}]++"
    r"|(?<=[\w»”)\]])[.!?…]++(?=[A-ZÀ-ÖØ-Þ])"  # no space, a fault of extracted pages
)
_CLOSERS = frozenset(")]}›」』】》〉〕）］")
_BEHIND_CLOSERS = re.compile(
    rf"\[[^\[\]\n]{{1,30}}\]|\s?\[[0-9]{{1,3}}\]|[{_SUPERSCRIPTS}]+"  # "[12]", "[citation needed]"
    r"|:[0-9][0-9:–-]*(?=\s|\Z)"  # the page in a Wikipedia note
    r"|\s?[\[(](?:…|\.\.\.)[\])]|\s?(?:…|\.\.\.)(?=\s|\Z)"
    r"|\s?[:;=][-o^']?[)(DPpO]+(?=\s|\Z)|\s?[\u2600-\u27bf\U0001f300-\U0001faff\ufe0f\u200d]+"
)
_NEXT_WORD = re.compile(r"[\s\"«»“„‘'(\[{‹「『【《〈（［¿¡*_•–—-]*([^\W_]\.|[^\W_](?:[^\W_]|['’](?=\S))*)")
_DASH = re.compile(r"[^\S\n]{0,2}[—–-]{1,2}\s")
_SPEAKER_FOLLOWS = re.compile(r"と|って|など|[のをがに]|[^，。！？\s]{0,8}(?:说|說|道|问|問|表示|喊|称)")


class _Stop(NamedTuple):
    """A run of stops, ``text[start:end]``, which may end the sentence that begins at ``begin``."""

    text: str
    begin: int
    start: int
    end: int
    #: Behind the closing marks, footnote marks and emoticons that belong to the sentence.
    behind: int
    #: Of the stretch.
    limit: int

    @property
    def marks(self) -> str:
        return self.text[self.start : self.end]


def _sentences(text: str, start: int, end: int, language: str | None) -> Iterator[Range]:
    marks = _read_marks(text, start, end)
    passed: dict[int, int] = {}
    begin = start
    for match in _CANDIDATE.finditer(text, start, end):
        if match.start() < begin:
            continue
        behind = _behind_closers(text, match.end(), end, marks, passed)
        stop = _Stop(text, begin, *match.span(), behind, end)
        if behind < end and not marks.enclose(behind) and _is_boundary(stop, language):
            yield begin, behind
            begin = _skip_spaces(text, behind)
    if begin < end:
        yield begin, end


def _skip_spaces(text: str, at: int) -> int:
    match = _SPACES.match(text, at)
    return match.end() if match else at


def _behind_closers(text: str, at: int, end: int, marks: _Marks, passed: dict[int, int]) -> int:
    """Where the marks that belong to the sentence end; ``passed`` remembers, as they may go on for pages."""
    way = []
    while at < end and at not in passed:
        way.append(at)
        if at in marks.closing or text[at] in _CLOSERS or _is_closing_apostrophe(text, at):
            at += 1
        elif at + 1 in marks.closing and text[at].isspace() and text[at + 1] in "»”\")]'":
            at += 2
        elif behind := _BEHIND_CLOSERS.match(text, at, end):
            at = behind.end()
        else:
            break
    at = passed.get(at, at)
    passed.update(dict.fromkeys(way, at))
    return at


def _is_closing_apostrophe(text: str, at: int) -> bool:
    return text[at] in "'’" and not text[at + 1 : at + 2].isalnum()


def _is_boundary(stop: _Stop, language: str | None) -> bool:
    text, behind = stop.text, stop.behind
    if stop.marks[-1] in _FREE_STOPS:
        return behind == stop.end or not _SPEAKER_FOLLOWS.match(text, behind)
    if _is_omission(stop) or _is_dateline(stop):
        return False
    ahead = _skip_spaces(text, behind)
    following = _NEXT_WORD.match(text, ahead, min(stop.limit, ahead + _WINDOW))
    word = following[1] if following else ""
    if ahead == behind and text[ahead] not in '"«“„([':
        return _is_glued(stop, word)
    if not word:
        return text[ahead] not in ",;:)»”]"
    if word[0].islower():
        return stop.marks == "." and _is_careless(stop, word)
    return stop.marks != "." or not _is_abbreviation(stop, word, language)


def _is_omission(stop: _Stop) -> bool:
    """Whether this is "[…]" in the middle of a sentence."""
    bracketed = stop.text[stop.start - 1 : stop.start] in tuple("([") and stop.behind > stop.end
    lead = stop.text[max(stop.begin, stop.start - _WINDOW) : stop.start - 1].rstrip()
    return bracketed and stop.marks in ("…", "...") and lead[-1:] not in tuple(_STOPS)


def _is_dateline(stop: _Stop) -> bool:
    """Whether this is the place that an agency's article opens with, as in "LAUREL, Md. — The call came"."""
    place, comma, state = stop.text[stop.begin : min(stop.start, stop.begin + _WINDOW)].partition(", ")
    return bool(comma and place.isupper() and len(state) < 7 and _DASH.match(stop.text, stop.behind))


def _is_glued(stop: _Stop, following: str) -> bool:
    """Whether only the space is missing, as in "fin.Le"; "example.Com" is one word."""
    if not following or not following[0].isupper():
        return False
    if stop.behind > stop.end:
        return stop.text[stop.behind - 1] == "]"  # a note
    before = stop.text[stop.start - 1]
    word = _token_before(stop)
    is_word = len(word) > 1 and (before.islower() or word.isdigit()) and not re.search(r"[./@:_]", word)
    return (is_word or before in "»”)]") and _head(following) in _STARTERS


def _is_careless(stop: _Stop, following: str) -> bool:
    """Whether the capital was forgotten: a whole word, a full stop, a small pronoun."""
    token = _token_before(stop)
    return len(token) > 3 and token.isalpha() and _head(following) in _PRONOUNS and not _is_listed(token)


# --- Abbreviations ---------------------------------------------------------------------------------------


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Never end a sentence.
_TITLES = _set(
    """
    M MM Mme Mmes Mlle Mlles Dr Drs Dre Pr Prs Me Mes Mgr Vve Cdt Cne Lt Col Gal Gén Sgt Capt Mr Mrs Ms Mx
    Messrs Prof Gen Rev Hon Gov Sen Rep Adm Cpl Maj Cmdr Ste Sts Ch Ph Th Chr Sr Sra Sres Srta Dña Hr Fr
    Hrn Frl Dipl Ing Sig sig Dott dott Avv cf Cf vs viz approx ca bzw z.B d.h e.g i.e p.ex c.-à-d c.à.d ex éd dir
    trad coll coord resp av apr Av Apr geb gest gén dép arr bd Bd boul sp ssp subsp
    """
)
# Do not end a sentence before a number.
_BEFORE_NUMBERS = _set(
    """
    n no nº nos n° num núm nr art arts al p pp pg pag pág págs f ff fo fol t vol vols v ch chap cap c fig
    figs tab tabl éd ed sect sec § para l ll d lig verset livr liv r s abs bd str ziff jan janv feb févr
    fév apr avr jun jul juil aug sep sept oct okt nov dec dez déc tel tél fax op cit loc q rn rd env
    approx ca rm ex max min
    """
)
# End a sentence only before a word that often begins one.
_BEFORE_CAPITALS = _set(
    """
    Inc Ltd Co Corp Cie Bros Jr Esq PhD Ph.D a.m p.m al S.A S.A.S usw u.a St Ft Mt Ave Blvd Rd Dept Univ
    Assn Ud Uds Vd Vds EE UU EE.UU FF AA RR op loc env Pres Nr No Nos Abs Str
    """
)
_STARTERS = _set(
    """
    Il Elle Ils Elles On Le La Les L' Un Une Des Ce Cet Cette Ces C' Dans En Au Aux À A Pour Par Sur Avec
    Mais Et Ou Or Donc Car Puis Son Sa Ses Leur Leurs Selon Après Avant Depuis Si Je Nous Vous Tu J' D'
    Quand Lorsque Comme Ainsi Cela Ça Ceux Celle Celui Qui Que Quel Quelle Chaque Tous Toutes Certains
    Plusieurs Alors Aussi Enfin Ensuite Pourtant The He She It They We You I This That These Those But And
    In At For From With As When After Before His Her Their Its There Then So Not Nor What Who How Why An
    If While Although However El Los Las Una Unos Y Pero Se Su Sus Según Con Para Al Del Es Esta Este Lo
    Cuando Como Sin Desde Der Die Das Ein Eine Er Sie Wir Ich Und Aber Im Am Auf Mit Nach Bei Für Von Zu
    Auch Dann Doch Als Wenn Gli Nel Nella Di Da Per Ma Non O Os Um Uma Na Mas Em
    """
)
# Also begin family names: "J. Le Drian".
_PARTICLES = _set("Le La Les L' De Du Des D' El Los Las Van Von Der Di Da Del Al")
_PRONOUNS = _set("il elle ils elles on je j' nous vous c' ce the it he she they we i")
# Before these, a capital letter is no initial of a name: "la vitamine C. Elle".
_LABELS = _set(
    """
    vitamine vitamines groupe plan hépatite point classe catégorie série type annexe section ligue niveau
    lettre vitamin group hepatitis class category annex league level letter grupo gruppe appendix option
    schedule
    """
)
_NAME_FOLLOWS = _set("par de et à avec selon pour by and of with from por y von und")

_INITIALS = re.compile(r"[^\W\d_a-zß-ÿ](?:(?:\.-|[.-])[^\W\d_a-zß-ÿ])*")
_LIST_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})*|[a-zA-Z]|[IVX]{1,5}")
_NUMERAL = re.compile(r"[0-9]|[IVXLC]+\b|[A-Z]\.")  # art. R. 12
_GERMAN_ORDINAL = re.compile(
    r"\b(?:am|an|im|der|die|das|dem|den|des|vom|zum|zur|bis|ab|seit|und|jede[rmns]?|ihre[rmn]?|seine[rmn]?)"
    r"\s+[0-9]{1,2}$",
    re.IGNORECASE,
)


def _is_abbreviation(stop: _Stop, following: str, language: str | None) -> bool:
    """Whether a point before a capital, a digit or a letter without case ends a word only."""
    token = _token_before(stop)
    if not token:
        return False
    if _is_spaced_abbreviation(token, following, language) or _is_list_number(stop, token):
        return True
    if token in _TITLES or (token.lower() in _BEFORE_NUMBERS and _NUMERAL.match(following)):
        return True
    if token in _BEFORE_CAPITALS:
        return _head(following) not in _STARTERS
    if _INITIALS.fullmatch(token):
        return _is_initial(stop, token, following)
    return language == "de" and _GERMAN_ORDINAL.search(_before(stop)) is not None


def _before(stop: _Stop) -> str:
    return stop.text[max(stop.begin, stop.start - _WINDOW) : stop.start]


def _token_before(stop: _Stop) -> str:
    """What stands between the last space, bracket, quotation mark, slash or elision and the stop."""
    return re.split(r"[\s\"«»“”„(\[{/|'’]", _before(stop))[-1]


def _is_spaced_abbreviation(token: str, following: str, language: str | None) -> bool:
    """Whether this is the first half of "z. B." or "J. K."; no German word has one letter."""
    is_letter = len(token) == 1 and token.isalpha()
    return is_letter and (following[1:] == "." or (language == "de" and token.islower()))


def _is_list_number(stop: _Stop, token: str) -> bool:
    """Whether a number or letter opens a list item: at the beginning of the sentence or behind a colon."""
    lead = _before(stop)[: -len(token)].rstrip()
    opens = lead.endswith((":", ";")) or not lead.strip('([-–—•*"«“ ')
    return opens and _LIST_NUMBER.fullmatch(token) is not None


def _is_initial(stop: _Stop, token: str, following: str) -> bool:
    """Whether capital letters before a capitalised word are initials: "J. K. Rowling", "U.S. Navy"."""
    words = _before(stop)[: -len(token)].split()
    previous = words[-1].strip('«“"(') if words else ""
    if token == "J.-C":
        return previous.lower() not in ("av.", "apr.", "ap.", "avant", "après")
    if len(token) > 1:
        return "-" in token or _head(following) not in _STARTERS
    if previous.lower() in _LABELS or following[0].isdigit() or (token == "I" and previous.islower()):
        return False
    if _head(following) in _PARTICLES:
        return not previous or previous[0].isupper() or previous.lower() in _NAME_FOLLOWS
    return _head(following) not in _STARTERS


def _is_listed(token: str) -> bool:
    return token in _TITLES or token in _BEFORE_CAPITALS or token.lower() in _BEFORE_NUMBERS


def _head(word: str) -> str:
    """The word, or its elided article: "L'" of "L'Assemblée"."""
    head, apostrophe, _ = word.replace("’", "'").partition("'")
    return head + apostrophe


# --- Sentences without an end ----------------------------------------------------------------------------

_CLAUSE = re.compile(r"[;:,–—][\"»”)]*(?=\s)|[，；：、]")


def _shorten(text: str, start: int, end: int) -> Iterator[Range]:
    """The sentence, cut at the last clause or space within ``LONGEST`` characters, again and again."""
    while end - start > LONGEST:
        cut = _cut(text, start, start + LONGEST)
        yield start, start + len(text[start:cut].rstrip())
        start = _skip_spaces(text, cut)
    if start < end:
        yield start, end


def _cut(text: str, start: int, limit: int) -> int:
    clauses = [match.end() for match in _CLAUSE.finditer(text, start + LONGEST // 2, limit)]
    if clauses:
        return clauses[-1]
    spaces = [match.start() for match in re.finditer(r"\s", text[start:limit])]
    return start + spaces[-1] if spaces else limit
