"""A run written out for everybody who reads it: editors, build servers, other tools."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.evaluation.junit import junit
from assistant.evaluation.report import write_report
from assistant.evaluation.results import RunFolder, write_json, write_metrics
from assistant.evaluation.squad_predictions import no_answer_probabilities, squad_predictions
from assistant.evaluation.summary import summary
from assistant.evaluation.trec_run import trec_run
from assistant.evaluation.types import Change


@dataclass(frozen=True, slots=True)
class Shown:
    """How a run is shown."""

    language: str = "en"
    #: Cut-offs of recall in the summary.
    depths: Sequence[int] = (5,)
    #: Where the report goes besides the run folder.
    report: Path | None = None


def write_outputs(run: RunFolder, shown: Shown, changes: Sequence[Change], baseline: RunFolder | None) -> None:
    """Every file that is made from the results."""
    text = {
        "summary.md": summary(run, shown.language, changes, baseline, shown.depths),
        "junit.xml": junit(run),
        "run.trec": trec_run(run.scored),
    }
    for name, content in text.items():
        (run.path / name).write_bytes(content.encode("utf-8", "replace"))
    if not run.manifest["identity"]["plan"]["retrieval_only"]:
        write_json(run.path / "squad_predictions.json", squad_predictions(run.scored))
        write_json(run.path / "na_prob.json", no_answer_probabilities(run.scored))
    report = run.path / "report.html"
    write_report(run, report, shown.language, changes, baseline)
    if shown.report:
        shown.report.write_bytes(report.read_bytes())
    write_metrics(run)
