"""Demand: only what living processes want is wanted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ioc_console.video.demand import Demand, Wishes
from ioc_console.video.scaling import WHOLE
from tests.wishes import wanted

WANT_FOR_EVER = """
import sys, time
from pathlib import Path
from ioc_console.video.demand import Demand
from ioc_console.video.scaling import WHOLE
demand = Demand(Path(sys.argv[1]), "display")
demand.want({("c9", "sub"): 360})
print("WANTED", flush=True)
time.sleep(60)
"""


def test_wishes_of_all_add_up_and_end_with_their_wisher(rings: Path):
    assert wanted(rings) == {}
    one, two = Demand(rings, "duty_wall.left/../x"), Demand(rings, "picture_health")
    one.want(dict.fromkeys({("c1", "sub"), ("c2", "main")}, WHOLE))
    two.want(dict.fromkeys({("c1", "sub"), ("c3", "sub")}, WHOLE))
    assert set(wanted(rings)) == {("c1", "sub"), ("c2", "main"), ("c3", "sub")}
    one.want({})
    assert set(wanted(rings)) == {("c1", "sub"), ("c3", "sub")}
    two.close()
    assert wanted(rings) == {}
    one.close()
    assert list((rings / "demand").iterdir()) == []


def test_the_wishes_of_the_dead_do_not_count(rings: Path):
    child = subprocess.Popen([sys.executable, "-c", WANT_FOR_EVER, str(rings)], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"WANTED\n"
    assert set(wanted(rings)) == {("c9", "sub")}
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert wanted(rings) == {}
    assert list((rings / "demand").iterdir()) == []


def test_a_malformed_wish_hides_no_other(rings: Path):
    good, bad = Demand(rings, "good"), Demand(rings, "bad")
    good.want(dict.fromkeys({("c1", "sub")}, WHOLE))
    os.pwrite(bad.descriptor, b"{]garbage", 0)
    assert set(wanted(rings)) == {("c1", "sub")}
    good.close()
    bad.close()


def test_wishes_are_the_same_object_until_one_changes(rings: Path):
    demand, wishes = Demand(rings, "display"), Wishes(rings)
    demand.want(dict.fromkeys({("c1", "sub")}, WHOLE))
    first = wishes.look(0.0)
    assert wishes.look(0.1) is first
    demand.want(dict.fromkeys({("c2", "sub")}, WHOLE))
    assert set(wishes.look(0.2)) == {("c2", "sub")}
    demand.close()
    assert wishes.look(0.3) == {}


def test_a_wish_written_right_after_another_is_not_missed(rings: Path):
    demand, wishes = Demand(rings, "display"), Wishes(rings)
    for at in range(200):
        demand.want(dict.fromkeys({(f"c{at}", "sub")}, WHOLE))
        assert set(wishes.look(0.0)) == {(f"c{at}", "sub")}
    demand.close()
