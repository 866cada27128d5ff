"""HTML pages from the files in ``templates/``; whatever is put into one is escaped."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from assistant.page.assets import asset
from assistant.words import CATALOGUE

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(asset=asset, languages=tuple(CATALOGUE.values()))


def render(name: str, status: int = 200, **values: object) -> HTMLResponse:
    """The page ``templates/{name}`` with ``values`` filled in."""
    html = _environment.get_template(name).render(**values)
    return HTMLResponse(html, status, {"vary": "Accept-Language"})
