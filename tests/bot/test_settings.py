"""Settings: a wrong one or one that does not exist is refused with a sentence that helps."""

import asyncio
from pathlib import Path

import pytest

from bot.program import running
from bot.settings import TOGETHER, Settings, read_settings
from bot.wrong import Wrong


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("BELLHOP_TELEGRAM_TOKN", "BELLHOP_TELEGRAM_TOKEN"), ("BELLHOP_PUBLICURL", "BELLHOP_PUBLIC_URL"), ("BELLHOP_SMTP_URI", "BELLHOP_SMTP_URL")],
)  # fmt: skip
def test_an_unknown_setting_is_named_with_what_may_be_meant(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the environment."""
    monkeypatch.setenv(name, "x")
    with pytest.raises(Wrong, match=f"{name}.*did you mean {meant}\\?"):
        read_settings()


def test_an_unknown_setting_in_the_file_is_named_too(tmp_path: Path) -> None:
    """From `.env`; nothing is meant by what is like nothing."""
    (tmp_path / ".env").write_text("BELLHOP_QQQQ=1\n")
    with pytest.raises(Wrong, match="BELLHOP_QQQQ") as refusal:
        read_settings()
    assert "did you mean" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("PORT", "70000"), ("PUBLIC_URL", "example.com"), ("TWILIO_RATE", "-1"), ("SMTP_URL", "http://mail"), ("STRIPE_API", "ftp://x")],
)  # fmt: skip
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence, not a traceback."""
    monkeypatch.setenv(f"BELLHOP_{name}", value)
    with pytest.raises(Wrong, match=f"BELLHOP_{name} is wrong: "):
        read_settings()


def test_right_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address loses the slash at its end."""
    monkeypatch.setenv("BELLHOP_PUBLIC_URL", "https://book.example/")
    assert read_settings().url == "https://book.example"


@pytest.mark.parametrize(("left_out", "names"), [(name, names) for names in TOGETHER for name in names])
def test_half_a_provider_is_refused_before_anything_begins(
    left_out: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every message would fail, or every hook be refused; a command that needs no provider still reads its settings."""
    for name in names:
        if name != left_out:
            monkeypatch.setenv(f"BELLHOP_{name.upper()}", "x")
    settings = read_settings()
    with pytest.raises(Wrong, match=f"set BELLHOP_{left_out.upper()} too"):
        asyncio.run(_begins(settings))
    assert list(tmp_path.iterdir()) == []


async def _begins(settings: Settings) -> None:
    async with running(settings):
        pass
