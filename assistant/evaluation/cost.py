"""What a run took: time a question by stage, memory, the size of the index. None of it is hashed."""

import resource
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MIB = 1 << 20


def latencies(timings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Milliseconds by stage, and questions a second, without the first questions of a process, which are told apart.

    :param timings: One a question: ``ms`` by stage, and whether it was ``first``.
    """
    warm = [timing["ms"] for timing in timings if not timing["first"] and timing["ms"]]
    first = [timing["ms"] for timing in timings if timing["first"] and timing["ms"]]
    stages = list(dict.fromkeys(stage for ms in warm for stage in ms))
    found: dict[str, Any] = {
        "latency_ms": {stage: _percentiles([ms[stage] for ms in warm if stage in ms]) for stage in stages},
        "first_question_ms": max((ms["total"] for ms in first if "total" in ms), default=None),
    }
    total = sum(ms.get("total", 0.0) for ms in warm)
    return found | {"questions_per_second": 1000 * len(warm) / total if total else None}


def _percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.quantile(milliseconds, (0.5, 0.95))
    return {"p50": float(p50), "p95": float(p95), "max": max(milliseconds)}


def peak_memory() -> float:
    """Of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MIB if sys.platform == "darwin" else peak * 1024 / MIB


def size_on_disk(folder: Path) -> float:
    """Of every file in ``folder``, in MiB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MIB
