"""``report.html``: a run in one file, to be opened from disk by people who know the newsroom, not the metrics."""

from assistant.evaluation.report.page import write_report

__all__ = ["write_report"]
