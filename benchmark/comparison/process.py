"""Runs a command and measures it from outside: what the kernel says of it, not what it says of itself."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass

# Short enough to see the peak of a command that lasts a second, long enough not to slow it down.
SAMPLE_SECONDS = 0.01


class BenchmarkFailure(Exception):
    """Something that makes the figures worthless; the message says what."""


@dataclass(frozen=True)
class Run:
    """One measured command. Memory in bytes; anonymous and mapped are peaks of samples, rss is the kernel's own peak."""

    wall: float
    user: float
    system: float
    rss: int
    anonymous: int
    mapped: int

    @property
    def cpu(self):
        return self.user + self.system


class MemorySampler:
    """Watches RssAnon and RssFile of one process until it ends. Its children are not seen; the tools here have none."""

    def __init__(self, pid):
        self.anonymous = 0
        self.mapped = 0
        self._path = f"/proc/{pid}/status"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        while not self._stop.wait(SAMPLE_SECONDS):
            try:
                with open(self._path, encoding="ascii") as status:
                    fields = dict(line.split(":", 1) for line in status)
            except OSError:
                return
            self.anonymous = max(self.anonymous, kilobytes(fields, "RssAnon"))
            self.mapped = max(self.mapped, kilobytes(fields, "RssFile") + kilobytes(fields, "RssShmem"))


def kilobytes(fields, name):
    return int(fields.get(name, "0 kB").split()[0]) * 1024


def measure(argv, log, env=None, cwd=None):
    """Runs to the end, output to the file `log`; a failure ends the benchmark."""
    argv = [str(a) for a in argv]
    with open(log, "wb") as output:
        begin = time.monotonic()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=cwd)
        sampler = MemorySampler(process.pid)
        # wait4 instead of process.wait: it tells what the process and its children used.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    sampler.stop()
    if process.returncode != 0:
        raise BenchmarkFailure(f"'{' '.join(argv)}' ended with {process.returncode}:\n{tail(log)}")
    return Run(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024, sampler.anonymous, sampler.mapped)


def run(argv, env=None, cwd=None):
    """Runs unmeasured; returns standard output."""
    argv = [str(a) for a in argv]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, cwd=cwd, check=False)
    if done.returncode != 0:
        raise BenchmarkFailure(f"'{' '.join(argv)}' ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def tail(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        return "".join(file.readlines()[-20:])
