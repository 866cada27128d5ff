"""What went wrong, as it is told to a reader or a program: a code, an HTTP status, a sentence."""

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from assistant.errors import AssistantError, IndexUnusable, UsageError
from assistant.news.quotes import LONGEST
from assistant.records import Record
from assistant.text import clean
from assistant.words import Words

log = logging.getLogger(__name__)

#: The HTTP status of each code.
STATUSES = {
    "malformed": 400,
    "host_refused": 400,
    "not_signed_in": 401,
    "origin_refused": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "too_large": 413,
    "invalid": 422,
    "question_empty": 422,
    "question_too_long": 422,
    "question_refused": 422,
    "quotation_empty": 422,
    "quotation_too_long": 422,
    "quotation_too_common": 422,
    "rate_limited": 429,
    "failed": 500,
    "no_index": 503,
    "unavailable": 503,
    "busy": 503,
    "feedback_full": 507,
}

#: What a client of OpenAI's knows errors by.
Kind = Literal["invalid_request_error", "authentication_error", "permission_error", "rate_limit_error", "server_error"]
KINDS: dict[int, Kind] = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}

#: Seconds after which a caller may try again, where nothing better is known.
RETRY_AFTER = 5

#: A 401 names a way to sign in (RFC 9110, 15.5.2); that of a proxy has no registered name.
SIGN_IN = 'Proxy realm="Sourcier"'

#: Of the request that is being answered: in its response, in the body of a problem and in each line of the log.
request_id: ContextVar[str] = ContextVar("request_id", default="")


class ErrorDetail(Record):
    """A code for programs, a sentence for people, and the request's identifier for whoever reads the log.

    With its type, it has the shape of OpenAI's errors, whose clients can read it.
    """

    code: str
    type: Kind
    message: str
    request_id: str


class ErrorRecord(Record):
    """What every refused request is answered."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong."""

    code: str
    message: str
    #: Seconds after which it may have passed.
    retry_after: int = RETRY_AFTER

    @property
    def status(self) -> int:
        return STATUSES[self.code]

    @property
    def kind(self) -> Kind:
        return KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")

    def response(self) -> Response:
        detail = ErrorDetail(code=self.code, type=self.kind, message=self.message, request_id=request_id.get())
        content = ErrorRecord(error=detail).model_dump_json()
        return Response(content, self.status, self._headers(), "application/json")

    def _headers(self) -> dict[str, str]:
        if self.status in (429, 503):
            return {"retry-after": str(self.retry_after)}
        if self.status in (408, 413):
            return {"connection": "close"}  # What is left of the request is not read.
        return {"www-authenticate": SIGN_IN} if self.status == 401 else {}


def problem(code: str, words: Words, **values: object) -> Problem:
    """The problem ``code`` in the reader's language; ``values`` fill the braces of its sentence."""
    return Problem(code, words.problems[code].format(**values))


def passing(code: str, words: Words, seconds: int) -> Problem:
    """A problem that will have passed in so many seconds."""
    return Problem(code, words.problems[code].format(seconds=seconds), seconds)


def explain(error: AssistantError, question: str, limit: int, words: Words) -> Problem:
    """Why ``question`` got no answer; ``limit`` is the number of characters a question may have."""
    if isinstance(error, UsageError):
        if not question.strip():
            return problem("question_empty", words)
        if len(question) > limit:
            return problem("question_too_long", words, limit=words.number(limit))
        return problem("question_refused", words, reason=error)
    return _not_answered(error, words)


def explain_quotation(error: AssistantError, quotation: str, words: Words) -> Problem:
    """Why ``quotation`` could not be looked up."""
    if not isinstance(error, UsageError):
        return _not_answered(error, words)
    if len(clean(quotation).strip()) > LONGEST:
        return problem("quotation_too_long", words, limit=words.number(LONGEST))
    return problem("quotation_too_common" if any(map(str.isalnum, quotation)) else "quotation_empty", words)


def _not_answered(error: AssistantError, words: Words) -> Problem:
    """Readers are told that it is not their doing; how to mend it is for the operator."""
    log.warning("a question was not answered: %s", error)
    return problem("no_index" if isinstance(error, IndexUnusable) else "unavailable", words)
