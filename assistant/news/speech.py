"""The grammar of attributions, French and English, as patterns: verbs of saying, and who may stand beside them."""

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CAPITAL = "[A-ZÀ-ÖØ-ÞŒ]"
_LETTERS = "[^\\W\\d_]"

# --- Verbs -----------------------------------------------------------------------------------------------

# Regular ones by their stem: déclar-e, -ait, -é, -a. "parler", "aller", "donner" are none of them.
_STEMS = (
    "accus|affirm|ajout|alert|analys|annonc|appel|argu|articul|assur|attest|avanc|avou|certifi|clam|command|comment"
    "|compar|compl[éè]t|conc[éè]d|confi|confirm|consid[éè]r|constat|contest|critiqu|déclar|demand|dénonc|déplor|détaill"
    "|dévoil|enchaîn|esp[éè]r|estim|évoqu|exhort|expliqu|exig|félicit|fulmin|gliss|hurl|implor|indiqu|insist|interrog"
    "|invit|ironis|jubil|jug|jur|justifi|lâch|lanc|lou|mart[eè]l|murmur|nuanc|ordonn|plaid|plaisant|point|précis|prétext"
    "|proclam|prôn|propos|protest|racont|rappell?|rapport|rassur|réaffirm|récapitul|regrett|réit[éè]r|relat|relativis"
    "|rel[eè]v|remarqu|rép[éè]t|répliqu|résum|rétorqu|rév[éè]l|salu|scand|signal|song|souffl|soulign|soupir|spécifi"
    "|sugg[éè]r|temp[êé]t|temp[éè]r|témoign|tonn|tranch|tweet|vant"
)
_REFLEXIVE = (
    "agac|alarm|amus|emport|énerv|enthousiasm|étonn|exclam|félicit|impatient|indign|inqui[èé]t|insurg|interrog|offusqu"
)
_IRREGULAR = (
    "dit|disent|disait|disaient|dira|dirent|répond|répondent|répondait|répondit|écrit|écrivent|écrivait|écrivit"
    "|prévient|préviennent|prévenait|prévint|soutient|soutiennent|soutenait|maintient|reconnaît|reconnaissent"
    "|reconnaissait|admet|admettent|admettait|promet|promettent|promettait|poursuit|poursuivent|poursuivait|conclut"
    "|concluent|concluait|réagit|réagissent|réagissait|avertit|avertissent|avertissait|renchérit|renchérissent"
    "|renchérissait|fai(?:t|sait) (?:savoir|valoir|remarquer|observer)|sourit|souriait|croit|croyait|veut croire"
    "|se (?:souvient|souviennent|souvenait|réjouit|réjouissent|réjouissait|désole|désolait|défend|défendait|demande"
    "|demandait|plaint|plaignait|félicite|félicitent|félicitait)"
)
_PARTICIPLES = (
    "dit|répondu|écrit|prévenu|soutenu|maintenu|reconnu|admis|promis|poursuivi|conclu|réagi|averti|renchéri|souri"
    "|souvenu|fait (?:savoir|valoir|remarquer|observer)|réjouie?s?|défendue?s?"
)
_ADVERB = (
    r"(?:(?:\w+ment|ainsi|alors|aussi|encore|même|également|ensuite|déjà|toutefois|pourtant|lui|elle|de nouveau) ){0,2}"
)

_SIMPLE = (
    rf"(?:{_IRREGULAR}|(?:{_STEMS})(?:e|ent|ait|aient|a|èrent)"
    rf"|s['’](?:{_REFLEXIVE})(?:e|ent|ait|aient|a|èrent))"
)
_COMPOUND = (
    rf"(?:(?:l['’])?(?:a|ont|avait|avaient|aurait)|s['’](?:est|était)|se sont|s['’]étaient) {_ADVERB}"
    rf"(?:{_PARTICIPLES}|(?:{_STEMS}|{_REFLEXIVE})ée?s?)"
)
#: A verb of saying as it stands before or behind its subject.
FRENCH_VERB = rf"\b(?:{_COMPOUND}|(?:(?:ne |n['’]))?{_SIMPLE})\b"
#: With its pronoun behind it: "a-t-il ajouté", "lançait-elle", "se félicite-t-elle".
FRENCH_INVERTED = (
    rf"\b(?:(?:s['’]|l['’])?(?:a|est|avait|était|aurait|ont|sont)(?:-t)?-(?P<f1>ils?|elles?|on) {_ADVERB}"
    rf"(?:{_PARTICIPLES}|(?:{_STEMS}|{_REFLEXIVE})ée?s?)"
    rf"|(?:{_SIMPLE}|s['’]\w+|se \w+?)(?:-t)?-(?P<f2>ils?|elles?|on))\b"
)
_ENGLISH = (
    "said|says|told|tells|added|adds|wrote|writes|announced|announces|explained|explains|recalled|recalls|asked|asks"
    "|answered|answers|replied|replies|insisted|insists|warned|warns|noted|notes|declared|declares|argued|argues"
    "|acknowledged|admitted|admits|concluded|concludes|continued|stressed|stresses|tweeted|posted|predicted|joked|jokes"
    "|promised|promises|shouted|repeated|repeats|claimed|claims|stated|states|complained|remarked|confirmed|pledged"
    "|vowed|observed|commented|suggested|called|described|denounced|urged|mused|boasted|thinks|believes"
)
ENGLISH_VERB = rf"(?<![\w\-])(?:(?:has|have|had|then|also|later) )?(?:{_ENGLISH})\b"
#: "he said", "she has added".
ENGLISH_PRONOUN = rf"\b(?P<e1>he|she|they) {ENGLISH_VERB}"

# --- Who says it -----------------------------------------------------------------------------------------

#: Titles, which a name goes on without.
TITLE = (
    r"(?:M|MM|Mme|Mmes|Mlle|Me|Mgr|Dr|Pr|Mr|Mrs|Ms|Sir|Dame|Lady|Lord|Mayor|Professor|Prime Minister|President|Minister"
    r"|Senator|Governor|General|Captain|Judge|Bishop|Chancellor|Secretary|Maître|Sœur|Père)\.?"
)
_NAME_PART = rf"(?:{_CAPITAL}\.|{_CAPITAL}{_LETTERS}*(?:['’\-]{_LETTERS}+)*)"
_PARTICLE = "(?:de|du|des|de la|van|von|der|den|ben|bin|ibn|al|el|da|di|d['’])"
#: One name: words with capitals, particles between them.
NAME = rf"(?:{TITLE}[ \u00a0\u202f])?{_NAME_PART}(?:[ \u00a0\u202f](?:{_PARTICLE}[ \-]?)?{_NAME_PART}){{0,8}}"

_DEFINITE = r"(?:le|la|l['’]|les|the|son|sa|ses|leur|leurs|his|her|its|their|ce|cet|cette|ces|this|that)"
_INDEFINITE = (
    r"(?:un|une|des|plusieurs|certains|certaines|quelques|l['’]une? d(?:es?|['’])|deux|trois|a|an|one|some|several|two"
    r"|three|another)"
)
#: The word that opens a description; ``le même`` goes back to somebody unnamed.
DETERMINER = rf"(?:(?P<indefinite>{_INDEFINITE})|(?P<definite>{_DEFINITE}))(?:(?<=['’])|[ \u00a0])"

#: What a description of somebody does not reach over.
BOUNDARY = re.compile(
    r"[,;:.!?()«»“”\"\n—–]"
    r"| (?:qui|que|qu['’]|dont|où|sur|sous|lors|devant|après|avant|pour|avec|par|face|auprès|dans|quand|lorsque|alors"
    r"|mais|puis|en (?:\w+ant|réponse|marge|visite|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre"
    r"|novembre|décembre|[0-9])|à (?:l['’]issue|la fin|la sortie|la presse|la télévision|propos|(?-i:(?=[A-ZÀ-ÖØ-Þ])))"
    r"|au (?:cours|terme|micro|journal|journaliste|quotidien|lendemain|(?-i:(?=[A-ZÀ-ÖØ-Þ])))|quant à|il y a|début"
    r"|fin|hier|aujourd['’]hui|la veille"
    r"|ce (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|soir)"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|ensuite|depuis|cité|a|ont|est|sont|avait|s['’](?:est|était"
    r"|en)"
    r"|who|which|whose|on|in (?:a|an|the|his|her|their)|at (?:a|the)|during|after|before|afterwards|when|while|with|by"
    r"|to|about|from|said|says|was|were|has|have|had|is|are|yesterday|today|monday|tuesday|wednesday|thursday|friday"
    r"|saturday|sunday)\b",
    re.IGNORECASE,
)
#: What may stand between a verb and its subject: when, where, to whom.
ADJUNCT = re.compile(
    r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?: (?:matin|midi|après-midi|soir|dernier))?"
    r"|hier|la veille|le lendemain|le [0-9]{1,2}(?:er)? [a-zûé]+|début \w+|fin \w+|en [a-zûé]+|en [0-9]{4}|ensuite"
    r"|alors|ainsi|encore"
    r"|déjà|lui aussi|de son côté|pour sa part|pour leur part|mi-\w+|on (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:à|au|aux|devant|sur|dans|en|lors de|auprès de|chez)[ ](?:l['’]|[a-zà-ÿ0-9]+['’])?"
    r"[^\s,;:.]+(?: [^\s,;:.]+){0,3}?)"
    rf"(?<! de)(?<! du)[ ,]+(?=(?:le|la|les|un|une|son|sa|des|M\.|Mme)[ ]|l['’]|(?:à|sur|au|devant) |{_CAPITAL})"
)
#: "Selon X, …".
ACCORDING = re.compile(
    r"\b(?:selon|d['’]après|according to|(?:^|(?<=[:;]\s))pour)[ ](?:les (?:termes|mots|propos|dires) (?:de |du "
    r"|d['’]))?",
    re.IGNORECASE,
)
PRONOUNS = {
    "il": "m", "lui": "m", "he": "m", "him": "m", "elle": "f", "she": "f", "her": "f",
    "ils": None, "elles": None, "eux": None, "they": None, "them": None,
}  # fmt: skip
#: Sentences with one of these have an unnamed speaker.
ANONYMITY = re.compile(
    r"anonymat|anonymity|not to be named|asked not to be|requested not to be|qui (?:n['’]a|n['’]ont) pas souhaité",
    re.IGNORECASE,
)
#: Nouns for one person.
PERSONS = _set(
    """
    president presidente ministre secretaire garde chef patron patronne directeur directrice general colonel capitaine
    lieutenant commandant professeur docteur juge maire senateur senatrice depute deputee elu elue pape roi reine prince
    princesse chancelier chanceliere gouverneur procureur procureure abbe pere entraineur selectionneur champion
    championne avocat avocate chercheur chercheuse ecrivain auteur autrice acteur actrice chanteur chanteuse
    president minister secretary senator judge captain coach king queen pope prince princess mayor governor chancellor
    professor director chairman chairwoman founder spokesman spokeswoman author writer
    """
)
