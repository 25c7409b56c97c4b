"""Plugins are found by name, their settings are checked, and one that returns is reported stopped."""

from pathlib import Path
from typing import Any

import pytest

from ioc_console.domain.health import Condition
from ioc_console.engine import Plugin, load_plugin, run_plugin
from ioc_console.model import Refused


def test_a_plugin_without_settings_has_defaults() -> None:
    assert load_plugin("picture_health", {}, Path("site.toml")).config.every_s == 2.0


def test_an_unknown_plugin_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused) as caught:
        load_plugin("nothing", {}, Path("site.toml"))
    assert caught.value.code == "plugin.unknown"
    assert "picture_health" in caught.value.facts["allowed"]


def test_a_wrong_setting_is_named_by_its_key() -> None:
    with pytest.raises(Refused) as caught:
        load_plugin("picture_health", {"every_s": 99}, Path("site.toml"))
    assert caught.value.facts["key"] == "plugins.picture_health.every_s"


async def test_a_plugin_that_returns_is_reported_stopped() -> None:
    async def run(link: Any, config: Any, place: Any) -> None:
        return None

    told: list[Condition] = []
    place: Any = None
    await run_plugin(Plugin("one", None, run), None, place, lambda condition, words: told.append(condition))
    assert told == [Condition.RUNNING, Condition.STOPPED]


async def test_a_plugin_that_crashes_is_reported_failing_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc_console.engine.FIRST_RETRY_S", 0.01)
    told: list[tuple[Condition, str]] = []
    begun = 0

    async def run(*given: Any) -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise OSError("the feed is gone")

    await run_plugin(Plugin("feed", None, run), None, None, lambda *words: told.append(words))
    failing = (Condition.FAILING, "OSError: the feed is gone")
    running, stopped = (Condition.RUNNING, "feed"), (Condition.STOPPED, "feed")
    assert told == [running, failing, running, failing, running, stopped]
