"""What the program is made of: nothing that runs a stranger's code, no version with a known hole, and a list of it."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TypeGuard

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from sbom import LOCK, ROOT, SBOM, pinned, sbom

CODE = [ROOT / "app.py", *sorted((ROOT / "assistant").rglob("*.py")), *sorted((ROOT / "demo").rglob("*.py"))]

#: The lowest version without a known hole that matters here; the reason is beside each in pyproject.toml.
FLOORS = {
    "gradio": "6.21",
    "starlette": "1.3",
    "python-multipart": "0.0.22",
    "h11": "0.16",
    "langchain-core": "1.2.5",
    "transformers": "5.3",
    "torch": "2.6",
}

#: Their files run code when they are read, or they run what they are given.
MODULES = frozenset({"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle"})
CALLS = frozenset({"eval", "exec", "compile", "__import__"})
METHODS = frozenset({"load_prompt", "enable_load_extension", "read_pickle"})
KEYWORDS = frozenset({"query_texts", "allow_pickle", "shell", "trust_remote_code"})
SAFE_YAML = frozenset({"BaseLoader", "SafeLoader", "CSafeLoader"})


def dangers(tree: ast.AST) -> Iterator[str]:
    """What in a syntax tree could run code that is not ours, or fetch some."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"import {alias.name}" for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported(node)
        elif isinstance(node, ast.Call):
            yield from _called(node)
        elif _is_named(node) and not _is_refusal(tree, node):
            yield f"the name {node.value}"


def _imported(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or ""
    if module.split(".")[0] in MODULES or module.startswith(("chromadb.server", "langchain_core.load")):
        yield f"from {module}"
    for alias in node.names:
        if (module, alias.name) in {("os", "system"), ("os", "popen"), ("yaml", "load"), ("chromadb", "HttpClient")}:
            yield f"from {module} import {alias.name}"


def _called(node: ast.Call) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    owner = node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""
    if name in CALLS:
        yield f"{name}()"
    if method in METHODS:
        yield f".{method}()"
    if (owner, method) in {("os", "system"), ("os", "popen"), ("torch", "load")}:
        yield f"{owner}.{method}()"
    if owner == "yaml" and method.endswith("load") and method != "safe_load":
        loaders = [keyword.value for keyword in node.keywords if keyword.arg == "Loader"]
        if not any(isinstance(loader, ast.Attribute) and loader.attr in SAFE_YAML for loader in loaders):
            yield f"yaml.{method}()"
    for keyword in node.keywords:
        if keyword.arg in KEYWORDS and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield f"{keyword.arg}="


def _is_named(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and node.value in ("query_texts", "trust_remote_code")


def _is_refusal(tree: ast.AST, name: ast.Constant) -> bool:
    """Whether the name is a key of a dictionary whose value is False."""
    return any(
        key is name and isinstance(value, ast.Constant) and value.value is False
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
    )


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_here_runs_a_stranger_s_code(path: Path):
    assert list(dangers(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "import pickle as p",
        "from pickle import loads",
        "from chromadb.server import fastapi",
        "from langchain_core.load import loads",
        "from os import system",
        "import os; os.system('ls')",
        "eval('1')",
        "exec(code)",
        "torch.load(path)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
        "numpy.load(path, allow_pickle=True)",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=flag)",
        "SentenceTransformer(name, trust_remote_code=True)",
        "SentenceTransformer(name, **{'trust_remote_code': True})",
        "collection.query(query_texts=['a'])",
        "collection.query(**{'query_texts': ['a']})",
        "connection.enable_load_extension(True)",
    ],
)
def test_the_search_for_it_finds_it(code: str):
    assert list(dangers(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "json.loads(text)",
        "re.compile('a')",
        "yaml.load(text, Loader=yaml.BaseLoader)",
        "SentenceTransformer(name, trust_remote_code=False)",
        "options = {'trust_remote_code': False}",
        "ast.literal_eval(text)",
    ],
)
def test_and_nothing_else(code: str):
    assert list(dangers(ast.parse(code))) == []


# --- Versions -----------------------------------------------------------------------------------------------

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = {Requirement(line).name: Requirement(line) for line in PROJECT["dependencies"]}


@pytest.mark.parametrize("name", FLOORS)
def test_no_version_with_a_known_hole_can_be_installed(name: str):
    below = [bound for bound in _tried(FLOORS[name]) if bound < Version(FLOORS[name])]
    assert below and not any(REQUIRED[name].specifier.contains(bound) for bound in below)
    for lock in (LOCK, ROOT / "requirements-test.lock"):
        assert Version(pinned(lock.read_text(encoding="utf-8"))[name]) >= Version(FLOORS[name])
    assert Version(version(name)) >= Version(FLOORS[name])


def _tried(floor: str) -> list[Version]:
    """Versions below a floor, the one right before it among them."""
    parts = [int(part) for part in floor.split(".")]
    return [Version(".".join(map(str, [*parts[:n], parts[n] - 1, 999]))) for n in range(len(parts)) if parts[n]]


def test_every_dependency_is_pinned_and_both_locks_agree():
    lock = pinned(LOCK.read_text(encoding="utf-8"))
    tests = pinned((ROOT / "requirements-test.lock").read_text(encoding="utf-8"))
    assert {name.lower() for name in REQUIRED} <= {name.lower() for name in lock}
    assert lock.items() <= tests.items()


def test_every_file_but_one_is_known_by_its_digest():
    hashed = (ROOT / "requirements-hashed.lock").read_text(encoding="utf-8")
    assert pinned(hashed) == {
        name: version for name, version in pinned(LOCK.read_text(encoding="utf-8")).items() if name != "torch"
    }
    entries = re.split(r"^(?=[\w.-]+==)", hashed, flags=re.MULTILINE)[1:]
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}$", entry, re.MULTILINE) for entry in entries)


# --- The list -----------------------------------------------------------------------------------------------


def test_the_bill_of_materials_is_what_the_lock_says():
    assert json.loads(SBOM.read_text(encoding="utf-8")) == sbom(LOCK.read_text(encoding="utf-8")), (
        "run `python tests/sbom.py`"
    )


def test_every_component_has_an_address_or_a_digest():
    for component in json.loads(SBOM.read_text(encoding="utf-8"))["components"]:
        assert component.get("purl", "").startswith("pkg:pypi/") or component["hashes"], component["name"]
