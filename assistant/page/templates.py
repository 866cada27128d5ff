"""HTML pages from the files in ``templates/``; whatever is put into one is escaped."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from assistant.page.assets import asset, icon
from assistant.words import CATALOGUE

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True}
_environment.globals.update(asset=asset, icon=icon, languages=tuple(CATALOGUE.values()))


def render(name: str, status: int = 200, **values: object) -> HTMLResponse:
    """The page ``templates/{name}`` with ``values`` filled in."""
    return HTMLResponse(fill(name, **values), status, {"vary": "Accept-Language"})


def fill(name: str, **values: object) -> str:
    """The text of ``templates/{name}`` with ``values`` filled in."""
    return _environment.get_template(name).render(**values)
