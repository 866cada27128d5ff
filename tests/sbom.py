"""What the program is made of, as CycloneDX 1.6: every package of requirements.lock, and the trained models.

    python tests/sbom.py        writes sbom.json

Licences are what the installed packages state. Nothing in the file depends on the day or the machine.
"""

import hashlib
import json
import re
from importlib.metadata import Distribution, PackageMetadata, distribution
from pathlib import Path

from assistant import __version__

ROOT = Path(__file__).parent.parent
SBOM = ROOT / "sbom.json"
LOCK = ROOT / "requirements.lock"

#: Files of ours that were trained, not written.
MODELS = (ROOT / "assistant" / "reader" / "reader.safetensors", ROOT / "assistant" / "calibration.json")

_PINNED = re.compile(r"^([\w.-]+)==([^\s;+]+)", re.MULTILINE)


def pinned(lock: str) -> dict[str, str]:
    """The version of each package of a lock file."""
    return dict(_PINNED.findall(lock))


def sbom(lock: str) -> dict[str, object]:
    """
    :raises PackageNotFoundError: If a package is not installed.
    """
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "sourcier",
                "name": "sourcier",
                "version": __version__,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [
            *(_package(name, version) for name, version in sorted(pinned(lock).items())),
            *(_model(path) for path in MODELS),
        ],
    }


def _package(name: str, version: str) -> dict[str, object]:
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    stated = _license(distribution(name))
    component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return component | ({"licenses": [{"license": {"name": stated}}]} if stated else {})


def _license(package: Distribution) -> str:
    """The expression, else the classifiers, else the first line of the field."""
    stated: PackageMetadata = package.metadata
    classifiers = [
        line.split(" :: ")[-1] for line in stated.get_all("Classifier", []) if line.startswith("License :: ")
    ]
    lines = (stated.get("License") or "").strip().splitlines()
    return stated.get("License-Expression") or ", ".join(sorted(classifiers)) or (lines[0] if lines else "")


def _model(path: Path) -> dict[str, object]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "type": "machine-learning-model",
        "bom-ref": f"sourcier/{path.name}",
        "name": path.name,
        "version": __version__,
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


if __name__ == "__main__":
    SBOM.write_text(json.dumps(sbom(LOCK.read_text(encoding="utf-8")), indent=1) + "\n", encoding="utf-8")
