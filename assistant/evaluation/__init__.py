"""Reference questions asked and measured: offline, the same figures twice, with how sure they are.

::

    scored = run(read_questions(Path("questions.csv")), open_engine(load_settings()))
    print(figures(scored)["answer_containment"])
"""

from assistant.evaluation.compare import compare
from assistant.evaluation.figures import figures
from assistant.evaluation.formats import read_questions, write_questions
from assistant.evaluation.results import RunFolder, read_run
from assistant.evaluation.run import run
from assistant.evaluation.types import Change, Figure, ReferenceQuestion, Scored

__all__ = [
    "Change",
    "Figure",
    "ReferenceQuestion",
    "RunFolder",
    "Scored",
    "compare",
    "figures",
    "read_questions",
    "read_run",
    "run",
    "write_questions",
]
