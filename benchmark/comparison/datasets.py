"""The data that is backed up: fetched or generated once, the same bytes for the same sizes every time."""

import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass

from comparison.process import BenchmarkFailure, run

PACKAGE = "linux-source-6.1"
MIB = 1 << 20
SETTLE_SECONDS = 3
SEED = 20_260_401
BLOCK = 4096
LONGEST_RUN = 64


@dataclass(frozen=True)
class Sizes:
    small_files: int
    random_bytes: int
    million_files: int
    database_rows: int
    blocks_bytes: int

    @staticmethod
    def full():
        return Sizes(small_files=100_000, random_bytes=512 * MIB, million_files=1_000_000,
                     database_rows=2_000_000, blocks_bytes=4096 * MIB)

    @staticmethod
    def quick():
        return Sizes(small_files=12_500, random_bytes=64 * MIB, million_files=125_000,
                     database_rows=250_000, blocks_bytes=256 * MIB)


class Datasets:
    """Each property makes its data where it is missing; a marker file tells whether it is whole."""

    def __init__(self, directory, sizes, kernel_a, kernel_b):
        self._directory = directory
        self._sizes = sizes
        self._given = {"a": kernel_a, "b": kernel_b}
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def kernel(self):
        """Where the kernel tree lies, whichever release is there."""
        return self._directory / "kernel" / PACKAGE

    def use_kernel(self, release):
        """Puts release 'a' or 'b' at the one path, by renaming."""
        for each in ("a", "b"):
            self._make(f"kernel-{each}", lambda to, each=each: self._fetch_kernel(each, to))
        self.kernel.parent.mkdir(exist_ok=True)
        marker = self.kernel.parent / "release"
        there = marker.read_text(encoding="ascii") if marker.exists() else ""
        if there != release:
            if there:
                self.kernel.rename(self._directory / f"kernel-{there}" / PACKAGE)
                marker.unlink()
            (self._directory / f"kernel-{release}" / PACKAGE).rename(self.kernel)
            marker.write_text(release, encoding="ascii")
        return self.kernel

    @property
    def small(self):
        return self._make(f"small-{self._sizes.small_files}", lambda to: text_files(to, self._sizes.small_files))

    @property
    def million(self):
        return self._make(f"tiny-{self._sizes.million_files}", lambda to: tiny_files(to, self._sizes.million_files))

    @property
    def incompressible(self):
        return self._make(
            f"incompressible-{self._sizes.random_bytes}",
            lambda to: random_file(to / "random", self._sizes.random_bytes, SEED + 1))

    def use_image(self, changed):
        """A random file, or the same with 20 insertions, at one path."""
        size = self._sizes.random_bytes
        plain = self._make(f"image-{size}", lambda to: random_file(to / "image", size, SEED + 2))
        other = self._make(f"image-changed-{size}", lambda to: insertions(plain / "image", to / "image"))
        target = self._directory / "image"
        target.mkdir(exist_ok=True)
        shutil.copyfile((other if changed else plain) / "image", target / "image")
        return target

    def use_version(self, kind, release):
        """Version 'a' or 'b' of a database, its dump or a disk image, at one path."""
        databases = self._make(f"databases-{self._sizes.database_rows}", lambda to: make_databases(to, self._sizes.database_rows))
        blocks = self._make(f"blocks-{self._sizes.blocks_bytes}", lambda to: make_blocks(to, self._sizes.blocks_bytes))
        target = self._directory / kind
        target.mkdir(exist_ok=True)
        shutil.copyfile((blocks if kind == "blocks" else databases) / f"{kind}-{release}", target / kind)
        return target

    @property
    def changed_blocks_bytes(self):
        """What differs between the two versions of the disk image."""
        return self._sizes.blocks_bytes // BLOCK // 100 * BLOCK

    def _make(self, name, maker):
        directory = self._directory / name
        marker = self._directory / f"{name}.made"
        if not marker.exists():
            print(f"compare: making {name}", flush=True)
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            maker(directory)
            os.sync()
            marker.touch()
            # Programs that do not trust the clock read again what changed in the seconds before they began.
            time.sleep(SETTLE_SECONDS)
        return directory

    def _fetch_kernel(self, release, to):
        if self._given[release]:
            given = self._given[release].resolve()
            if not (given / "MAINTAINERS").is_file():
                raise BenchmarkFailure(f"{given} is no kernel source tree")
            run(["cp", "-a", "--reflink=auto", given, to / PACKAGE])
            return
        older, newer = kernel_versions()
        extract_kernel(older if release == "a" else newer, to)


def kernel_versions():
    """An older and a newer release in the archive, the two furthest apart."""
    listed = run(["apt-cache", "madison", PACKAGE]).splitlines()
    versions = {line.split("|")[1].strip() for line in listed}
    ordered = sorted(versions, key=lambda v: [int(n) for n in v.replace("-", ".").split(".") if n.isdigit()])
    if len(ordered) < 2:
        raise BenchmarkFailure(
            f"the Debian archive holds fewer than two releases of {PACKAGE} (apt-get update, or a later Debian?); "
            "give trees with --kernel-a and --kernel-b")
    return ordered[0], ordered[-1]


def extract_kernel(version, to):
    with tempfile.TemporaryDirectory(dir=to) as scratch:
        if subprocess.run(["apt-get", "-q", "download", f"{PACKAGE}={version}"], cwd=scratch, check=False).returncode:
            raise BenchmarkFailure(f"{PACKAGE}={version} cannot be downloaded; give trees with --kernel-a and --kernel-b")
        package = next(pathlib.Path(scratch).glob("*.deb"))
        run(["dpkg-deb", "-x", package, scratch])
        run(["tar", "-xf", f"{scratch}/usr/src/{PACKAGE}.tar.xz", "-C", to])


def text_files(to, count):
    """1 to 8 KiB of words, 100 files a directory; no two alike, and as compressible as prose."""
    source = random.Random(SEED)
    words = ["".join(source.choices("etaoinshrdlucmfwyp", k=source.randint(1, 10))) for _ in range(8_000)]
    frequent = words[:400] * 20 + words
    for i in range(count):
        directory = to / f"d{i // 100:04}"
        if i % 100 == 0:
            directory.mkdir()
        size = source.randint(1 << 10, 8 << 10)
        text = " ".join(source.choices(frequent, k=size // 5))
        (directory / f"f{i:06}.txt").write_text(text[:size], encoding="ascii")


def tiny_files(to, count):
    for i in range(count):
        directory = to / f"d{i // 1000:04}"
        if i % 1000 == 0:
            directory.mkdir()
        (directory / f"f{i:07}").write_text(f"file number {i}\n", encoding="ascii")


def random_file(file, size, seed):
    source = random.Random(seed)
    with open(file, "wb") as out:
        for _ in range(size // MIB):
            out.write(source.randbytes(MIB))


def insertions(plain, changed):
    """The same bytes with 20 insertions of 1 to 4,096 bytes, anywhere."""
    source = random.Random(SEED + 3)
    content = plain.read_bytes()
    places = sorted(source.sample(range(len(content)), 20))
    with open(changed, "wb") as out:
        for start, end in zip([0] + places, places + [len(content)]):
            out.write(content[start:end])
            if end < len(content):
                out.write(source.randbytes(source.randint(1, 4096)))


def make_databases(to, rows):
    """A table of names, numbers and notes, the same with 1 % of its rows changed, and what a dump makes of each."""
    source = random.Random(SEED + 4)
    database = sqlite3.connect(to / "database-a", isolation_level=None)
    database.execute("pragma journal_mode=off")
    database.execute("begin")
    database.execute("create table person(id integer primary key, name text, mail text, amount integer, note text)")
    database.executemany("insert into person values(?, ?, ?, ?, ?)", (person(source, i) for i in range(rows)))
    database.execute("commit")
    dump(database, to / "dump-a")
    database.close()
    shutil.copyfile(to / "database-a", to / "database-b")
    database = sqlite3.connect(to / "database-b", isolation_level=None)
    database.execute("pragma journal_mode=off")
    database.execute("begin")
    for i in source.sample(range(rows), rows // 100):
        _, _, _, amount, note = person(source, i)
        database.execute("update person set amount = ?, note = ? where id = ?", (amount, note, i))
    database.execute("commit")
    dump(database, to / "dump-b")
    database.close()


def person(source, number):
    digits = f"{source.getrandbits(160):040x}"
    return number, f"name-{digits[:8]}", f"{digits[8:16]}@example.org", source.randrange(10**6), f"note {digits[16:]}"


def dump(database, file):
    with open(file, "w", encoding="ascii") as out:
        for line in database.iterdump():
            out.write(line + "\n")


def make_blocks(to, size):
    """An ext4 file system full of incompressible files, and the same with 1 % of its blocks overwritten, in runs of up to 64."""
    source = random.Random(SEED + 5)
    with tempfile.TemporaryDirectory(dir=to) as scratch:
        for i in range(int(size * 0.9) // (16 * MIB)):
            random_file(pathlib.Path(scratch) / f"f{i}", 16 * MIB, SEED + 100 + i)
        run(["mkfs.ext4", "-q", "-F", "-b", str(BLOCK), "-d", scratch, to / "blocks-a", f"{size // 1024}k"])
    shutil.copyfile(to / "blocks-a", to / "blocks-b")
    left = size // BLOCK // 100
    changed = set()
    with open(to / "blocks-b", "r+b") as file:
        while left > 0:
            first = source.randrange(size // BLOCK - LONGEST_RUN)
            count = min(left, source.randint(1, LONGEST_RUN))
            if changed.isdisjoint(range(first, first + count)):
                changed.update(range(first, first + count))
                file.seek(first * BLOCK)
                file.write(source.randbytes(count * BLOCK))
                left -= count
