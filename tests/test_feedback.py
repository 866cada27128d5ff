"""What readers think of an answer: taken over HTTP, kept as lines, and nothing about the readers themselves."""

import errno
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine
from fastapi.testclient import TestClient
from httpx import Response

from assistant import feedback
from assistant.api import create_app
from assistant.errors import StoreError
from assistant.feedback import COMMENT_LIMIT, FILE, FeedbackFull, FeedbackRequest, keep_feedback
from assistant.records import answer_record
from assistant.settings import Settings
from assistant.words import CATALOGUE

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder that is not there before the first opinion."""
    return tmp_path / "index"


@pytest.fixture
def client(index: Path) -> TestClient:
    app = create_app(FakeEngine(), Settings(index=index))
    return TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


def opinion(**values: object) -> dict[str, Any]:
    answer = answer_record(FakeEngine().ask(QUESTION)).model_dump(mode="json")
    return {"answer": answer, "generation": "g1", "rating": "down"} | values


def lines(index: Path) -> list[dict[str, Any]]:
    text = (index / FILE).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def post(client: TestClient, body: Mapping[str, object], **headers: str) -> Response:
    return client.post("/api/feedback", json=body, headers={"accept-language": "fr"} | headers)


def test_an_opinion_is_one_line_with_all_it_takes_to_judge_the_answer(client: TestClient, index: Path) -> None:
    comment = "Il manque\nla date : «\u202fmardi\u202f»."
    response = post(client, opinion(reason="incomplete", comment=comment))
    assert (response.status_code, response.content) == (204, b"")
    (line,) = lines(index)
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(line.pop("time")) < timedelta(minutes=1)
    assert line == {
        "question": QUESTION,
        "language": "fr",
        "rating": "down",
        "reason": "incomplete",
        "comment": comment,
        "answer": opinion()["answer"],
        "generation": "g1",
    }


def test_opinions_are_added_one_behind_the_other(client: TestClient, index: Path) -> None:
    assert post(client, opinion(rating="up")).status_code == 204
    assert post(client, opinion(rating="down", reason="wrong")).status_code == 204
    assert [(line["rating"], line["reason"], line["comment"]) for line in lines(index)] == [
        ("up", None, ""),
        ("down", "wrong", ""),
    ]


def test_nothing_tells_who_it_was(client: TestClient, index: Path) -> None:
    who = {"x-remote-user": "jeanne.martin", "x-forwarded-for": "203.0.113.7", "user-agent": "Minitel 1B"}
    post(client, opinion(), **who)
    kept = (index / FILE).read_text(encoding="utf-8")
    assert not [value for value in (*who.values(), "testclient") if value in kept]


def test_the_file_is_for_its_owner_alone(client: TestClient, index: Path) -> None:
    post(client, opinion())
    assert (index / FILE).stat().st_mode & 0o777 == 0o600
    (index / FILE).chmod(0o644)
    post(client, opinion())
    assert (index / FILE).stat().st_mode & 0o777 == 0o600
    assert index.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rating": "five stars"}, "rating"),
        ({"reason": "because"}, "reason"),
        ({"comment": "a" * (COMMENT_LIMIT + 1)}, "comment"),
        ({"answer": {"question": "q"}}, "answer"),
        ({"name": "Jeanne"}, "name"),
    ],
)
def test_what_is_no_opinion_is_refused_by_name(
    client: TestClient, index: Path, wrong: dict[str, object], field: str
) -> None:
    response = post(client, opinion(**wrong))
    assert response.status_code == 422 and response.json()["error"]["code"] == "invalid"
    assert f"«\u00a0{field}" in response.json()["error"]["message"]
    assert not (index / FILE).exists()


def test_half_a_character_is_refused(client: TestClient, index: Path) -> None:
    body = json.dumps(opinion(comment="\ud800"))
    response = client.post("/api/feedback", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422 and not (index / FILE).exists()


def test_an_opinion_of_another_site_is_refused(client: TestClient, index: Path) -> None:
    assert post(client, opinion(), origin="https://evil.example").status_code == 403
    assert not (index / FILE).exists()


def test_a_full_file_takes_no_more_and_stays_whole(
    client: TestClient, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(client, opinion())
    kept = (index / FILE).read_bytes()
    monkeypatch.setattr(feedback, "LIMIT", 2 * len(kept) - 1)
    response = post(client, opinion())
    assert response.status_code == 507
    assert response.json()["error"]["message"] == CATALOGUE["fr"].problems["feedback_full"]
    assert (index / FILE).read_bytes() == kept
    with pytest.raises(FeedbackFull, match=rf"{FILE} has {len(kept)} bytes.*Move it away"):
        keep_feedback(FeedbackRequest(**opinion()), index)
    monkeypatch.setattr(feedback, "LIMIT", 2 * len(kept))
    assert post(client, opinion()).status_code == 204


def test_a_full_disk_leaves_no_half_line(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_feedback(FeedbackRequest(**opinion()), index)
    kept = (index / FILE).read_bytes()

    def no_space(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        with pytest.raises(StoreError, match=rf"{FILE} cannot be written \(No space left"):
            keep_feedback(FeedbackRequest(**opinion()), index)
    assert (index / FILE).read_bytes() == kept


def test_a_line_cut_off_by_a_crash_spoils_only_itself(index: Path) -> None:
    keep_feedback(FeedbackRequest(**opinion()), index)
    whole = (index / FILE).read_bytes()
    (index / FILE).write_bytes(whole + b'{"time": "2026-')
    keep_feedback(FeedbackRequest(**opinion(rating="up")), index)
    first, torn, last = (index / FILE).read_text(encoding="utf-8").splitlines()
    assert first.encode() + b"\n" == whole and torn == '{"time": "2026-'
    assert json.loads(last)["rating"] == "up"


def test_opinions_that_come_at_once_do_not_mix(client: TestClient, index: Path) -> None:
    comments = [f"{number} " + "é" * number * 50 for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda comment: post(client, opinion(comment=comment)), comments))
    assert {response.status_code for response in responses} == {204}
    assert sorted(line["comment"] for line in lines(index)) == sorted(comments)


def test_the_interface_is_published(client: TestClient) -> None:
    route = client.get("/api/openapi.json").json()["paths"]["/api/feedback"]["post"]
    assert set(route["responses"]) == {"204", "400", "401", "403", "408", "413", "422", "429", "503", "507"}


@pytest.mark.parametrize("words", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_reason_has_words(words: Any) -> None:
    reasons = FeedbackRequest.model_json_schema()["properties"]["reason"]["anyOf"][0]["enum"]
    assert list(words.reasons) == reasons
