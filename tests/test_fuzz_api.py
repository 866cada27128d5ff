"""Requests made up from the published description of the API, fitting and not: none fails, each answer is as described.

Two hundred; a release is tested with 2,000.
"""

import pytest
import schemathesis
from fake_engine import FakeEngine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assistant.api import create_app
from assistant.settings import Settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

#: The operations that take something, among which the cases are shared out, and the share of each.
TAKING = {
    "POST /api/ask": 0.3,
    "POST /api/digest": 0.2,
    "POST /api/quote": 0.2,
    "POST /v1/chat/completions": 0.2,
    "POST /api/feedback": 0.2,
    "GET /api/articles/{article_id}": 0.1,
}


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """The operations by name, of a server whose feedback goes to a folder of its own."""
    settings = Settings(index=tmp_path_factory.mktemp("index"), hosts="testserver")
    app = create_app(FakeEngine(), settings)
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    return {operation.ok().label: operation.ok() for operation in schema.get_all_operations()}


def test_all_operations_are_known(described):
    assert set(described) == {*TAKING, "GET /healthz", "GET /api/answer.schema.json", "GET /v1/models"}


@pytest.mark.parametrize("name", TAKING)
def test_no_request_makes_the_server_fail(described, name, release, record_property):
    cases = int((2000 if release else 200) * TAKING[name])
    operation = described[name]
    kinds = st.one_of([operation.as_strategy(mode) for mode in GenerationMode])
    seen = []

    @hypothesis_settings(max_examples=cases, suppress_health_check=list(HealthCheck), deadline=None)
    @given(kinds)
    def tried(case: Case) -> None:
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        assert "content-security-policy" in response.headers
        seen.append(response.status_code)

    tried()
    assert len(seen) >= cases // 2
    record_property("figure", f"{name}: {len(seen)} requests")
