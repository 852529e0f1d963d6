"""A signal is heard whenever it comes."""

import subprocess
import sys

ROUNDS = 2_000
WAITING = f"""
import os, random, signal, sys, threading, time
from workers.signals import heed

heard = threading.Event()
heed([signal.SIGUSR1], lambda number: heard.set())


def strike():
    for _ in range({ROUNDS}):
        while heard.is_set():
            time.sleep(0)
        os.kill(os.getpid(), signal.SIGUSR1)
        while not heard.is_set():
            time.sleep(0)
        heard.clear()
    print("heard all", flush=True)
    os._exit(0)


threading.Thread(target=strike, daemon=True).start()
while True:
    heard.wait(random.random() / 10_000)
"""


def test_a_signal_that_comes_while_it_is_waited_for_is_heard() -> None:
    run = subprocess.run(
        [sys.executable, "-c", WAITING], capture_output=True, text=True, timeout=60, check=False
    )

    assert (run.stdout, run.stderr) == ("heard all\n", "")


def test_each_signal_is_told_by_its_number_and_in_order() -> None:
    code = (
        "import os, signal, time; from workers.signals import heed; told = []\n"
        "heed([signal.SIGUSR1, signal.SIGUSR2], told.append)\n"
        "for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1):\n"
        "    os.kill(os.getpid(), number); time.sleep(0.05)\n"
        "print(told == [signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1])"
    )

    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert run.stdout == "True\n"
