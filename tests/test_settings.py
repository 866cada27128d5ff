from dataclasses import fields
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.settings import BUILTIN, Settings, load_settings

ROOT = Path(__file__).parent.parent


def test_defaults(tmp_path):
    assert load_settings({}, tmp_path / "none.toml") == Settings()


def test_the_command_line_wins_over_the_environment_over_the_file(tmp_path):
    file = tmp_path / "assistant.toml"
    file.write_text('port = 1111\nindex = "from-file"\nhost = "::1"\n', encoding="utf-8")
    settings = load_settings({"ASSISTANT_PORT": "2222", "ASSISTANT_INDEX": "from-env"}, file, port="3333", index=None)
    assert (settings.port, settings.index, settings.host) == (3333, Path("from-env"), "::1")


def test_an_empty_variable_is_none(tmp_path):
    assert load_settings({"ASSISTANT_PORT": ""}, tmp_path / "none.toml").port == Settings().port


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"ASSISTANT_PORT": "many"}, r"ASSISTANT_PORT.*'many'.*whole number"),
        ({"ASSISTANT_RISK": "high"}, r"ASSISTANT_RISK.*'high'.*whole number"),
        ({"ASSISTANT_LOG_QUESTIONS": "maybe"}, r"ASSISTANT_LOG_QUESTIONS.*'maybe'.*on or off"),
        ({"ASSISTANT_WITHOUT": "times, speeches"}, r"ASSISTANT_WITHOUT.*'times, speeches'.*any of follow-ups, times,"),
        ({"ASSISTANT_PROT": "1"}, r"ASSISTANT_PROT.*Available: .*port"),
    ],
)
def test_a_wrong_value_is_named_with_the_way_out(environ, told, tmp_path):
    with pytest.raises(UsageError, match=told):
        load_settings(environ, tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("given", "reader"),
    [("on", BUILTIN), ("TRUE", BUILTIN), ("builtin", BUILTIN), ("off", ""), ("0", ""), ("models/my-reader",) * 2],
)
def test_the_reader_is_switched_or_named(given, reader, tmp_path):
    assert load_settings({"ASSISTANT_READER": given}, tmp_path / "none.toml").reader == reader


def test_parts_to_do_without_are_listed(tmp_path):
    assert load_settings({"ASSISTANT_WITHOUT": "times, copies"}, tmp_path / "none.toml").without == "times, copies"


def test_a_broken_file_is_named(tmp_path):
    file = tmp_path / "assistant.toml"
    file.write_text("port = = 1", encoding="utf-8")
    with pytest.raises(UsageError, match=r"assistant\.toml.*TOML"):
        load_settings({}, file)


def test_every_setting_is_documented():
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for field in fields(Settings):
        assert f"`ASSISTANT_{field.name.upper()}`" in documented, field.name
