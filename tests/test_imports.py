"""What is imported when: slow libraries only where they are needed, and modules only from the layers below."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "assistant"

#: From the bottom: a module imports only from lines above its own, and from its own package.
LAYERS = [
    "types errors failpoints allocator",
    "settings child matrix",
    "text answer_type dangling vectors calibration",
    "sentences languages citations passages lexical words quantities copies",
    "formats store embedding",
    "reader",
    "index",
    "fill verify retrieve spelling",
    "publish",
    "served",
    "decide extract read browse news",
    "digest",
    "engine",
    "ingest chain upkeep protocols records readable",
    "generate quote_records completions",
    "backup check worded",
    "problems feedback worded_completions",
    "evaluation",
    "access",
    "limits telemetry connection",
    "sessions",
    "guard page",
    "api mcp",
    "server",
    "cli",
    "__main__",
]


def layer_of(module: str) -> int:
    return next(n for n, layer in enumerate(LAYERS) if module in layer.split())


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    names = {
        f"assistant.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "assistant"
        for alias in node.names
    }
    return {name.split(".")[1] for name in found | names if name.startswith("assistant.")}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_layers_below(path):
    module = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if module == "__init__":
        return
    wrong = {name for name in imports_of(path) - {module, "__version__"} if layer_of(name) >= layer_of(module)}
    assert not wrong


def loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


SLOW = {"torch", "transformers", "sentence_transformers", "gradio", "tokenizers", "pandas", "scipy", "onnx"}


def test_an_answer_on_the_command_line_loads_nothing_slow(sample_index):
    code = f"from assistant.cli import main\nassert main(['ask', 'Qui ?', '--index', r'{sample_index}']) == 0"
    assert not loaded_after(code) & (SLOW | {"fastapi", "langchain_core.retrievers", "langsmith"})


def test_help_loads_next_to_nothing():
    code = "from assistant.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert not loaded_after(code) & (SLOW | {"chromadb", "onnxruntime", "numpy", "langchain_core"})


def test_the_server_does_without_torch():
    assert not loaded_after("import assistant.server") & (SLOW - {"gradio", "pandas"})


@pytest.mark.parametrize("word", ["query_texts", "trust_remote_code=True", "pickle", "load_prompt"])
def test_nothing_that_runs_strangers_code(word):
    for path in PACKAGE.rglob("*.py"):
        assert word not in path.read_text(encoding="utf-8"), path
