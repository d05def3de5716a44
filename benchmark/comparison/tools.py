"""The three programs behind one set of verbs, each as a user has it who reads no manual: defaults everywhere."""

import concurrent.futures
import os
import shutil

from comparison.process import BenchmarkFailure, measure, run

FOREIGN_PREFIXES = ("HOLDFAST_", "RESTIC_", "BORG_", "XDG_", "JAVA_TOOL_", "JDK_JAVA_")


class Tool:
    """A program with a repository of its own. Measured calls return a process.Run."""

    name = ""

    def __init__(self, home):
        self.home = home
        self.repository = home / "repository"
        self.log = home.parent / f"{self.name}.log"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_PREFIXES)}

    def clear(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def init(self):
        """A new empty repository, and no cache of an earlier one."""
        self.clear()
        self.home.mkdir(parents=True)
        self._init()

    def stored_bytes(self):
        """Bytes of all files in the repository."""
        total = 0
        for directory, _, files in os.walk(self.repository):
            for file in files:
                if self.counts(file):
                    total += os.lstat(os.path.join(directory, file)).st_size
        return total

    def counts(self, _file):
        return True

    def start_prune(self):
        """Runs it beside what comes next; `result` waits for its end."""
        return concurrent.futures.ThreadPoolExecutor(1).submit(self.prune)

    def _measure(self, *argv, cwd=None):
        return measure(argv, self.log, env=self.env, cwd=cwd)

    def _run(self, *argv):
        return run(argv, env=self.env)


class Holdfast(Tool):
    """Key file, as init makes it."""

    name = "holdfast"

    def __init__(self, home, app):
        super().__init__(home)
        self.program = app / "bin" / "holdfast"
        self.env |= {
            "XDG_CONFIG_HOME": str(home / "config"), "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_DATA_HOME": str(home / "data"), "HOLDFAST_REPO": str(self.repository)}

    def version(self):
        return self._run(self.program, "version").strip()

    def has(self, command):
        """Whether this build has the command."""
        return any(line.startswith(f"  {command} ") for line in self._run(self.program, "help").splitlines())

    def _init(self):
        self._run(self.program, "init")

    def counts(self, file):
        # Space kept back for a full disk, the same in every repository: no data.
        return file != ".reserve"

    def backup(self, path):
        return self._measure(self.program, "backup", path)

    def backup_volume(self, path):
        return self._measure(self.program, "backup", "--volume", path)

    def restore(self, target, path=None):
        return self._measure(self.program, "restore", "latest", *([path] if path else []), "--target", target)

    def verify(self):
        return self._measure(self.program, "verify", "--read-data")

    def forget_all_but_newest(self):
        """Of each source."""
        self._run(self.program, "forget", "--keep-last", "1")

    def forget_all_but(self, kept):
        self._run(self.program, "forget", "--keep-last", str(kept))

    def prune(self):
        # Perhaps beside another command, which has the log.
        return measure([self.program, "prune"], self.home.parent / "prune.log", env=self.env)

    def copy(self, target):
        """Of all snapshots, into a repository that is made where there is none."""
        return self._measure(self.program, "copy", "--to", target)

    def at(self, home):
        """The same program with another home, such as a copy of this one."""
        return Holdfast(home, self.program.parent.parent)


class Restic(Tool):
    """Repository version 2, compression auto: the defaults."""

    name = "restic"

    def __init__(self, home):
        super().__init__(home)
        self.env |= {
            "RESTIC_REPOSITORY": str(self.repository), "RESTIC_PASSWORD_FILE": str(home / "password"),
            "RESTIC_CACHE_DIR": str(home / "cache")}

    def version(self):
        return self._run("restic", "version").strip()

    def _init(self):
        (self.home / "password").write_text("benchmark\n", encoding="ascii")
        self._run("restic", "init", "--repository-version", "2")

    def backup(self, path):
        return self._measure("restic", "backup", path)

    def restore(self, target, path=None):
        return self._measure("restic", "restore", "latest", *(["--include", path] if path else []), "--target", target)

    def verify(self):
        return self._measure("restic", "check", "--read-data")

    def forget_all_but(self, kept):
        self._run("restic", "forget", "--keep-last", str(kept))

    def prune(self):
        return self._measure("restic", "prune")


class Borg(Tool):
    """Encryption repokey, compression lz4: the defaults of its guide."""

    name = "borg"

    def __init__(self, home):
        super().__init__(home)
        self.archives = 0
        self.env |= {
            "BORG_REPO": str(self.repository), "BORG_PASSPHRASE": "benchmark", "BORG_BASE_DIR": str(home / "base")}

    def version(self):
        return self._run("borg", "--version").strip()

    def _init(self):
        self.archives = 0
        (self.home / "base").mkdir()
        self._run("borg", "init", "--encryption", "repokey")

    def backup(self, path):
        self.archives += 1
        return self._measure("borg", "create", f"::{self.archives}", path)

    def restore(self, target, path=None):
        target.mkdir(parents=True, exist_ok=True)
        inside = [str(path).lstrip("/")] if path else []
        return self._measure("borg", "extract", f"::{self.archives}", *inside, cwd=target)

    def verify(self):
        return self._measure("borg", "check", "--verify-data")


def check_restored(tool, target, expected):
    """A fast restore that restores little is no restore: counts files and bytes."""
    found = count(target)
    if found != expected:
        raise BenchmarkFailure(f"{tool.name} restored {found} (files, bytes) where {expected} were saved")


def count(tree):
    files = size = 0
    for directory, _, names in os.walk(tree):
        for name in names:
            files += 1
            size += os.lstat(os.path.join(directory, name)).st_size
    return files, size
