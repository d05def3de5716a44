"""What is measured, in which order. In each round every step is run by one tool after the other before the next step begins."""

import contextlib
import os
import pathlib
import random
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass

from comparison.datasets import Datasets
from comparison.process import BenchmarkFailure, measure, run, tail
from comparison.results import Results
from comparison.tools import check_restored, count

STEPS = ("first", "unchanged", "restore", "restore-one", "verify", "next", "small", "incompressible", "insertions", "versions",
         "prune", "generations", "copies", "million")
KERNEL_STEPS = {"first", "unchanged", "restore", "restore-one", "verify", "next"}
BASELINE = "tar|zstd"


@dataclass
class Bench:
    """What every scenario needs."""

    work: pathlib.Path
    datasets: Datasets
    tools: list
    results: Results
    rounds: int

    @property
    def targets(self):
        return self.work / "targets"

    @property
    def holdfast(self):
        return self.tools[0]

    def in_turn(self, number):
        """The tools, a different one first in each round."""
        return self.tools[number % len(self.tools):] + self.tools[:number % len(self.tools)]

    def init(self):
        for tool in self.tools:
            tool.init()

    def backups(self, number, step, path):
        """One backup with each tool, and what its repository grew by. The data is in memory before each: borg drops from it what it has read."""
        for tool in self.in_turn(number):
            warm(path)
            before = tool.stored_bytes()
            os.sync()
            taken = tool.backup(path)
            stored = tool.stored_bytes()
            self.results.add(step, tool.name, taken, stored=stored, added=stored - before)

    def restores(self, number, step, expected, path=None):
        """One restore with each tool into a directory of its own, checked.

        Nothing is removed before the end of the run: for minutes after many files were removed, ext4 makes new ones several times as slowly.
        """
        for tool in self.in_turn(number):
            target = self.targets / f"{step}-{number}-{tool.name}"
            os.sync()
            taken = tool.restore(target, path)
            check_restored(tool, target, expected)
            self.results.add(step, tool.name, taken)


def warm(tree):
    """Reads everything once."""
    for directory, _, names in os.walk(tree):
        for name in names:
            with contextlib.suppress(OSError), open(os.path.join(directory, name), "rb", buffering=0) as file:
                while file.read(1 << 20):
                    pass


def run_kernel(bench, steps):
    bench.results.document["kernels"] = [kernel_release(bench.datasets.use_kernel(each)) for each in ("b", "a")][::-1]
    for number in range(bench.rounds):
        tree = bench.datasets.use_kernel("a")
        bench.init()
        bench.backups(number, "first", tree)
        baseline(bench, tree)
        if "unchanged" in steps:
            bench.backups(number, "unchanged", tree)
        if "restore" in steps:
            bench.restores(number, "restore", count(tree))
        if "restore-one" in steps:
            one = tree / "kernel" / "sched" / "core.c"
            bench.restores(number, "restore-one", (1, one.stat().st_size), one)
        if "verify" in steps:
            verify(bench, number)
        if "next" in steps:
            tree = bench.datasets.use_kernel("b")
            bench.backups(number, "next", tree)


def kernel_release(tree):
    """Such as 6.1.176, as the tree's own Makefile has it."""
    text = (tree / "Makefile").read_text(encoding="utf-8")
    return ".".join(re.search(rf"^{part} = (\d+)", text, re.MULTILINE).group(1) for part in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


def baseline(bench, tree):
    """What the tools of the system need to pack the tree without any of the rest; not synced to the disk."""
    archive = bench.work / "baseline.tar.zst"
    archive.unlink(missing_ok=True)
    os.sync()
    command = f"set -o pipefail; tar -cf - -C '{tree.parent}' '{tree.name}' | zstd -1 -T2 -q -o '{archive}'"
    taken = measure(["bash", "-c", command], bench.work / "baseline.log")
    size = archive.stat().st_size
    bench.results.add("first", BASELINE, taken, stored=size, added=size)
    archive.unlink()


def verify(bench, number):
    if not bench.holdfast.has("verify"):
        bench.results.skip("verify", "this build of Holdfast has no command verify")
        return
    for tool in bench.in_turn(number):
        os.sync()
        bench.results.add("verify", tool.name, tool.verify())


def run_small(bench):
    tree = bench.datasets.small
    expected = count(tree)
    for number in range(bench.rounds):
        bench.init()
        bench.backups(number, "small-first", tree)
        bench.backups(number, "small-unchanged", tree)
        bench.restores(number, "small-restore", expected)


def run_incompressible(bench):
    data = bench.datasets.incompressible
    size = count(data)[1]
    for number in range(bench.rounds):
        bench.init()
        bench.backups(number, "incompressible", data)
        copy = bench.work / "disk-limit"
        copy.unlink(missing_ok=True)
        os.sync()
        taken = measure(["dd", f"if={data / 'random'}", f"of={copy}", "bs=1M", "conv=fsync"], bench.work / "dd.log")
        copy.unlink()
        bench.results.add("limits", "disk", None, rate=size / taken.wall)
        bench.results.add("limits", "sha256", None, rate=hash_rate(len(os.sched_getaffinity(0))))


def hash_rate(processes):
    """Bytes a second that OpenSSL hashes on all cores together."""
    told = run(["openssl", "speed", "-mr", "-seconds", "1", "-bytes", str(1 << 20), "-multi", str(processes), "-evp", "sha256"])
    found = re.search(r"^\+F:\d+:sha256:([\d.]+)", told, re.MULTILINE | re.IGNORECASE)
    if not found:
        raise BenchmarkFailure("openssl speed answers in another form:\n" + told)
    return float(found.group(1))


def run_insertions(bench):
    for number in range(bench.rounds):
        bench.init()
        bench.backups(number, "image", bench.datasets.use_image(changed=False))
        bench.backups(number, "insertions", bench.datasets.use_image(changed=True))


def run_versions(bench):
    """Two versions of a database, of its dump, and of a disk image as a file; of the image as a volume, too, which only Holdfast has."""
    for number in range(bench.rounds):
        for kind in ("database", "dump", "blocks"):
            bench.init()
            bench.backups(number, f"{kind}-first", bench.datasets.use_version(kind, "a"))
            bench.backups(number, kind, bench.datasets.use_version(kind, "b"))
        bench.holdfast.init()
        for step, release in (("volume-first", "a"), ("volume", "b")):
            volume = bench.datasets.use_version("blocks", release) / "blocks"
            before = bench.holdfast.stored_bytes()
            os.sync()
            taken = bench.holdfast.backup_volume(volume)
            stored = bench.holdfast.stored_bytes()
            bench.results.add(step, "holdfast", taken, stored=stored, added=stored - before)
    bench.results.document["changed_blocks_bytes"] = bench.datasets.changed_blocks_bytes


NIGHTS = 60
KEPT = 14
NIGHTS_BETWEEN_PRUNES = 5


class Nights:
    """A tree that changes a little every night: some files and parts of a large one change, some go, some come. The same for each tool and run."""

    def __init__(self, source, tree):
        self.tree = tree
        self._random = random.Random(60)
        shutil.rmtree(tree, ignore_errors=True)
        for directory in sorted(source.iterdir())[::5]:
            shutil.copytree(directory, tree / "files" / directory.name)
        self._large = tree / "large"
        with open(self._large, "wb") as file:
            for _ in range(64):
                file.write(self._random.randbytes(1 << 20))

    def next(self):
        files = sorted(f for f in (self.tree / "files").rglob("*") if f.is_file())
        for file in self._random.sample(files, len(files) // 50):
            if self._random.random() < 0.2:
                file.unlink()
            else:
                with open(file, "ab") as out:
                    out.write(self._random.randbytes(2_000))
        for number in range(len(files) // 250):
            (self.tree / "files" / f"new-{self._random.getrandbits(48):x}-{number}").write_bytes(self._random.randbytes(8_000))
        with open(self._large, "r+b") as file:
            for _ in range(64):
                file.seek(self._random.randrange(64 << 20))
                file.write(self._random.randbytes(4_096))


def run_generations(bench):
    """Sixty nights with expiry and prune; Holdfast prunes beside the backups. Restores of the first night, of the last one, and of the same tree from a
    repository that has it alone: the tree grows by a third. Processor time of prunes."""
    tools = [tool for tool in bench.tools if tool.name in ("holdfast", "restic")]
    for tool in tools:
        tool.init()
    nights = Nights(bench.datasets.small, bench.work / "nights")
    for night in range(1, NIGHTS + 1):
        nights.next()
        is_pruned = night > KEPT and night % NIGHTS_BETWEEN_PRUNES == 0
        for tool in tools:
            warm(nights.tree)
            if is_pruned:
                tool.forget_all_but(KEPT)
            pruning = tool.start_prune() if is_pruned and tool.name == "holdfast" else None
            taken = tool.backup(nights.tree)
            bench.results.add("night", tool.name, taken)
            if is_pruned:
                bench.results.add("night-prune", tool.name, pruning.result() if pruning else tool.prune())
            if night in (1, NIGHTS):
                for number in range(bench.rounds):
                    target = bench.targets / f"night-{night}-{number}-{tool.name}"
                    os.sync()
                    restored = tool.restore(target)
                    check_restored(tool, target, count(nights.tree))
                    bench.results.add("night-1" if night == 1 else "night-last", tool.name, restored)
    fresh = bench.holdfast.at(bench.work / "holdfast-fresh")
    fresh.init()
    fresh.backup(nights.tree)
    for number in range(bench.rounds):
        target = bench.targets / f"night-fresh-{number}"
        os.sync()
        bench.results.add("night-fresh", fresh.name, fresh.restore(target))
        check_restored(fresh, target, count(nights.tree))
    fresh.clear()
    shutil.rmtree(nights.tree)


COPIED_SNAPSHOTS = 1_000


def run_copies(bench):
    """A copy of many snapshots when there is nothing new."""
    holdfast = bench.holdfast
    holdfast.init()
    tree = bench.work / "copied"
    for number in range(COPIED_SNAPSHOTS):
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir()
        (tree / "file").write_bytes(str(number).encode() * 100)
        holdfast.backup(tree)
    shutil.rmtree(tree)
    target = bench.work / "holdfast-copied"
    shutil.rmtree(target, ignore_errors=True)
    holdfast.copy(target)
    for _ in range(bench.rounds):
        bench.results.add("copy", "holdfast", holdfast.copy(target))
    shutil.rmtree(target)


def run_million(bench):
    """One round: it is about memory, which hardly varies."""
    tree = bench.datasets.million
    bench.init()
    bench.backups(0, "million-first", tree)
    bench.backups(0, "million-unchanged", tree)


class Pruning:
    """Runs prune again and again until it is stopped, so that there is always one beside what is measured."""

    def __init__(self, tool):
        self.count = 0
        self._tool = tool
        self._failure = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop)
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()
        if self._failure:
            raise BenchmarkFailure(self._failure)

    def _loop(self):
        log = self._tool.home.parent / "prune.log"
        while not self._stopped.is_set():
            with open(log, "wb") as output:
                code = subprocess.call(
                    [self._tool.program, "prune"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._tool.env)
            if code != 0:
                self._failure = f"prune beside a backup ended with {code}:\n{tail(log)}"
                return
            self.count += 1


def back_up_garbage(bench):
    """A snapshot that is forgotten; the newer one keeps half of the small files, so that their packs must be repacked."""
    scratch = bench.work / "garbage"
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(bench.datasets.small, scratch / "small")
    shutil.copytree(bench.datasets.incompressible, scratch / "incompressible")
    bench.holdfast.backup(scratch)
    shutil.rmtree(scratch / "incompressible")
    for directory in sorted((scratch / "small").iterdir())[::2]:
        shutil.rmtree(directory)
    bench.holdfast.backup(scratch)
    bench.holdfast.forget_all_but_newest()
    shutil.rmtree(scratch)


def run_prune(bench):
    """The next kernel release, alone and beside prune, in equal copies of a repository that is mostly garbage."""
    holdfast = bench.holdfast
    if not (holdfast.has("forget") and holdfast.has("prune")):
        bench.results.skip("prune", "this build of Holdfast has no commands forget and prune")
        return
    bench.datasets.use_kernel("b")
    tree = bench.datasets.use_kernel("a")
    holdfast.init()
    holdfast.backup(tree)
    back_up_garbage(bench)
    bench.datasets.use_kernel("b")
    copy = holdfast.at(bench.work / "holdfast-copy")
    for number in range(bench.rounds):
        for kind in ("alone", "beside") if number % 2 == 0 else ("beside", "alone"):
            copy.clear()
            run(["cp", "-a", holdfast.home, copy.home])
            os.sync()
            pruning = Pruning(copy) if kind == "beside" else None
            try:
                taken = copy.backup(tree)
            finally:
                if pruning:
                    pruning.stop()
            bench.results.add("prune", kind, taken, prunes=float(pruning.count if pruning else 0))
    copy.clear()


def run_all(bench, steps):
    if KERNEL_STEPS & set(steps):
        run_kernel(bench, steps)
    for step, scenario in (
            ("small", run_small), ("incompressible", run_incompressible), ("insertions", run_insertions),
            ("versions", run_versions), ("prune", run_prune), ("generations", run_generations),
            ("copies", run_copies), ("million", run_million)):
        if step in steps:
            scenario(bench)
