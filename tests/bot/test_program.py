"""The command line as somebody types it, and the one server of an SQLite file."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from bot.__main__ import _run
from bot.log import log_plainly
from bot.program import NotToBe, _alerts, alone
from bot.settings import Settings
from tests.conftest import SAMPLE


def bellhop(*command: str, **settings: str) -> tuple[int, str]:
    """Run a command; gives its exit code and all it printed."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("BELLHOP_")}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", *command], env=known | {"COLUMNS": "400"} | settings, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def test_catalog_check_names_mistakes_with_their_lines(tmp_path: Path) -> None:
    """Exit code 1, the file, the line, and what may be meant."""
    lines = SAMPLE.read_text().splitlines()
    number = next(at for at, line in enumerate(lines, 1) if line.strip().startswith("currency:"))
    lines[number - 1] = lines[number - 1].replace("currency:", "curency:")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("\n".join(lines))
    code, told = bellhop("catalog", "check", str(wrong))
    assert code == 1
    assert f"line {number}" in told
    assert "currency" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("command", ["check", "load"])
def test_a_catalogue_that_cannot_be_read_is_one_sentence(command: str, tmp_path: Path) -> None:
    """No such file, a folder, a picture."""
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\xff\xfe")
    for name, sentence in (("none.yaml", "No such file"), (".", "Is a directory"), ("logo.png", "UTF-8")):
        code, told = bellhop("catalog", command, str(tmp_path / name))
        assert (code, sentence in told, "Traceback" in told) == (1, True, False), told


def test_catalog_check_of_the_sample() -> None:
    """In order, exit code 0."""
    code, told = bellhop("catalog", "check", str(SAMPLE))
    assert code == 0, told


def test_a_second_server_on_one_file_is_refused_and_commands_beside_it_work(tmp_path: Path) -> None:
    """With a sentence and exit code 1; `migrate` and `staff add` go through beside the first."""
    url = f"sqlite:///{tmp_path / 'bellhop.db'}"
    with alone(Settings(database_url=url)):
        code, told = bellhop("serve", BELLHOP_DATABASE_URL=url, BELLHOP_DATA=str(tmp_path), BELLHOP_PORT="0")
        assert code == 1
        assert "another Bellhop server" in told
        assert "Traceback" not in told
        assert bellhop("migrate", BELLHOP_DATABASE_URL=url)[0] == 0
        add = ("staff", "add", "ana@example.com", "--name", "Ana", "--password", "long enough")
        assert bellhop(*add, BELLHOP_DATABASE_URL=url)[0] == 0
        with pytest.raises(NotToBe), alone(Settings(database_url=url)):
            pass


def test_a_wrong_setting_ends_a_command_with_a_sentence() -> None:
    """Exit code 1."""
    code, told = bellhop("migrate", BELLHOP_DATABSE_URL="sqlite:///x.db")
    assert code == 1
    assert "did you mean BELLHOP_DATABASE_URL?" in told


def test_every_command_logs_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback never shows the values of variables: they may be a guest's words."""

    def fail(wish: str) -> None:
        raise KeyError(len(wish))

    async def work() -> None:
        try:
            fail("grand" + "mother")
        except KeyError:
            structlog.get_logger().exception("a fault")

    structlog.reset_defaults()
    try:
        _run(work())
    finally:
        log_plainly()
    told = capsys.readouterr().err
    assert '"event": "a fault"' in told
    assert "grandmother" not in told


def test_the_house_reads_alerts_in_the_language_of_the_brand() -> None:
    """Wherever the settings send them."""
    given = Settings(_env_file=None, operator_email="casa@example.com", telegram_staff_chat="-100")  # type: ignore[call-arg]
    assert {each.language for each in _alerts(given, "es")} == {"es"}
    assert len(_alerts(given, "es")) == 2


def test_templates_cannot_be_asked_for_without_twilio(tmp_path: Path) -> None:
    """A sentence and exit code 1: no account is set, or nobody answers there."""
    url = f"sqlite:///{tmp_path / 'bellhop.db'}"
    settings = {"BELLHOP_DATABASE_URL": url, "BELLHOP_DATA": str(tmp_path)}
    assert bellhop("migrate", **settings)[0] == 0
    code, told = bellhop("templates", "status", **settings)
    assert code == 1
    assert "BELLHOP_TWILIO_ACCOUNT_SID" in told
    account = {
        "BELLHOP_TWILIO_ACCOUNT_SID": "AC1",
        "BELLHOP_TWILIO_AUTH_TOKEN": "x",
        "BELLHOP_TWILIO_API": "http://127.0.0.1:9",
    }
    code, told = bellhop("templates", "push", **settings, **account)
    assert code == 1
    assert "Twilio: ClientConnectorError" in told
    assert "Traceback" not in told


def test_a_demo_that_cannot_start_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """A taken port, a misspelt setting: the server's process, begun before either was known, has ended too."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, told = bellhop("demo", BELLHOP_PORT=port, BELLHOP_DATA=str(tmp_path))
    assert (code, f"port {port} is taken" in told, "Traceback" in told) == (1, True, False)
    code, told = bellhop("demo", BELLHOP_PROT="8080", BELLHOP_DATA=str(tmp_path))
    assert (code, "did you mean BELLHOP_PORT" in told, "Traceback" in told) == (1, True, False)
    assert not list(tmp_path.iterdir())
