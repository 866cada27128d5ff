"""Words for the same deed, French and English: its verb with irregular forms, its noun, and whoever does it."""

from functools import lru_cache

from assistant.news.mentions import bare
from assistant.text import stop_words, words

_SAME = (
    "gagner gagné gagne remporter remporté remporte vainqueur victoire won win wins winner victory",
    "gravir gravi gravit escalader escaladé ascension climb climbed ascent",
    "remplacer remplacé succéder succédé succède successeur replace replaced succeeded successor",
    "recevoir reçu reçoit reçut obtenir obtenu obtient obtint receive received",
    "mourir mort morte meurt mourut décédé décédée die died dead",
    "naître né née naquit born",
    "élire élu élue élut élection elect elected",
    "écrire écrit écrite écrivit auteur auteure autrice write writes wrote written author",
    "diriger dirige dirigé dirigeant dirigeante directeur directrice chef patron patronne lead leads led leader head",
    "présider préside président présidente présidence preside presided president chairman chairwoman",
    "commander commande commandé commandant command commanded commander",
    "entraîner entraîne entraîné entraîneur entraîneuse sélectionneur coach coached",
    "découvrir découvert découvre découvrit découverte discover discovered discovery",
    "trouver trouvé retrouver retrouvé find found",
    "inventer inventé inventeur invention invent invented inventor",
    "dessiner dessiné concevoir conçu conçut architecte design designed designer architect",
    "fonder fondé fonda fondateur fondatrice créer créé create created creator",
    "construire construit construisit bâtir bâti build built",
    "voler volé voleur dérober dérobé steal stole stolen thief",
    "acheter acheté racheter racheté acquérir acquis buy bought acquired",
    "vendre vendu vendit sell sold",
    "prendre pris prit take took taken",
    "battre battu battit beat beaten defeat defeated",
    "sauver sauvé secourir secouru rescue rescued save saved",
    "suggérer suggéré proposer proposé suggest suggested propose proposed",
    "ouvrir ouvert ouvre ouvrit inaugurer inauguré open opened inaugurate inaugurated",
    "nommer nommé désigner désigné name named appoint appointed",
    "guillotiner guillotiné exécuter exécuté execute executed",
    "conduire conduit conduisait piloter piloté pilote drive drove driven driver",
    "traverser traversé traversée cross crossed crossing",
    "marquer marqué inscrire inscrit score scored",
    "tuer tué kill killed",
)
#: Whoever does it, by nouns beside which the name stands.
_DOERS = (
    "vainqueur successeur auteur auteure autrice dirigeant dirigeante directeur directrice chef patron patronne"
    " président présidente commandant entraîneur entraîneuse sélectionneur inventeur architecte fondateur fondatrice"
    " voleur pilote winner successor author leader head president chairman chairwoman commander coach inventor designer"
    " architect founder creator thief driver"
)
_SAYING = (
    "dit déclaré déclare affirmé affirme assuré assure estimé estime prévenu averti raconté expliqué explique"
    " said told declared warned explained claimed argued"
)
_RECEIVING = "recevoir reçu reçoit reçut obtenir obtenu obtient obtint received"
_GIVING = "attribué attribuée décerné décernée remis remise awarded given went"

_RANKS = (
    "premier première premiers premières first",
    "dernier dernière derniers dernières last final",
    "deuxième seconde second",
    "troisième third",
)


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


@lru_cache(maxsize=2048)  # a question is put to several sentences, which have many words in common
def stems(text: str) -> frozenset[str]:
    """Of its words, as both languages cut them."""
    return frozenset(stem for language in ("fr", "en") for stem in words(text, language))


FUNCTION_WORDS = stop_words("fr") | stop_words("en")


def tells(word: str) -> bool:
    """Whether it is no function word in either language."""
    return bare(word).strip("'") not in FUNCTION_WORDS


SAME = tuple(map(stems, _SAME))
DOERS = word_set(bare(_DOERS))
SAYING, RECEIVING, GIVING = map(stems, (_SAYING, _RECEIVING, _GIVING))
RANKS = tuple(map(stems, _RANKS))


def alike(word: str) -> frozenset[str]:
    """Stems of ``word`` and of the words for the same."""
    own = stems(word)
    return own.union(*(row for row in SAME if row & own))
