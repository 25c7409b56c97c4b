"""Metrics: the hub's figures in Prometheus's text form."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ioc_console.domain.health import Condition, Health
from ioc_console.hub import Hub

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Figures(Collector):
    """The figures as they are when asked for."""

    def __init__(self, hub: Hub, refusals: Counter[str]) -> None:
        self.hub, self.refusals = hub, refusals

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        hub = self.hub
        gauges = {
            "ioc_sequence": ("Sequence of the last stored change.", hub.seq),
            "ioc_waiting": ("Changes that wait for the writer.", len(hub.lineup.waiting)),
            "ioc_watches": ("Open watches.", len(hub.watching.outboxes)),
            "ioc_guests": ("Guests connected.", len(hub.held("guest"))),
            "ioc_journal_entries": ("Lines in the journal.", hub.writer.number),
            "ioc_group_seconds": ("How long the last group of changes took to be stored.", hub.lineup.group_s),
        }
        for name, (words, value) in gauges.items():
            yield GaugeMetricFamily(name, words, value=value)
        yield family("ioc_refusals", "What was refused, by code.", "code", self.refusals)
        yield family("ioc_commands", "Commands decided, by outcome.", "outcome", hub.giving.outcomes)
        kinds = GaugeMetricFamily("ioc_live_entities", "Entities of each live kind.", labels=["kind"])
        for kind, live in hub.watching.published.live.items():
            kinds.add_metric([kind], len(live))
        yield kinds
        yield from processes(hub.held("health").values())


def family(name: str, words: str, label: str, counts: Counter[str]) -> Metric:
    """Return a counter by one label."""
    found = CounterMetricFamily(name, words, labels=[label])
    for value, count in counts.items():
        found.add_metric([value], count)
    return found


def processes(entities: Iterable[object]) -> Iterator[Metric]:
    """Yield how every process and plugin fares."""
    running = GaugeMetricFamily("ioc_process_running", "Whether a process or plugin runs.", labels=["name"])
    restarts = CounterMetricFamily("ioc_process_restarts", "How often it was started again.", labels=["name"])
    memory = GaugeMetricFamily("ioc_process_memory_bytes", "What it holds in memory.", labels=["name"])
    for health in entities:
        if isinstance(health, Health):
            running.add_metric([health.id], float(health.condition is Condition.RUNNING))
            restarts.add_metric([health.id], health.restarts)
            memory.add_metric([health.id], health.rss_mb * 2**20)
    yield from (running, restarts, memory)


def exposition(hub: Hub, refusals: Counter[str]) -> bytes:
    """Return every figure as text."""
    registry = CollectorRegistry()
    registry.register(Figures(hub, refusals))
    return generate_latest(registry)
