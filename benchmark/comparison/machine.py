"""The machine and the programs on it: packages, versions, and what the figures depend on."""

import datetime
import os
import pathlib
import platform
import shutil
import subprocess

from comparison.process import BenchmarkFailure, run

# Command → Debian package.
PACKAGES = {"restic": "restic", "borg": "borgbackup", "zstd": "zstd", "openssl": "openssl", "xz": "xz-utils", "git": "git"}


def install_packages():
    missing = sorted(package for command, package in PACKAGES.items() if not shutil.which(command))
    if not missing:
        return
    install = ["apt-get", "-q", "-y", "install", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        raise BenchmarkFailure("needs these packages, and root to install them: " + " ".join(missing))
    print("compare: installing " + " ".join(missing), flush=True)
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "-q", "update"], env=env)
    run(install, env=env)


def java(root):
    """The Java that Holdfast runs with."""
    launcher = root / "dist" / "src" / "launcher" / "lib" / "find-java.sh"
    home = run(["sh", "-c", f'. "{launcher}" && find_java_here && echo "$java_home"']).strip()
    return pathlib.Path(home) / "bin" / "java"


def build_holdfast(root):
    """Has the launcher build what is not built yet, outside of any measurement; returns the distribution."""
    if subprocess.run([root / "holdfast", "version"], check=False).returncode != 0:
        raise BenchmarkFailure("Holdfast cannot be built")
    return root / "build" / "app"


def commit(root):
    revision = run(["git", "-C", root, "rev-parse", "--short=12", "HEAD"]).strip()
    changed = run(["git", "-C", root, "status", "--porcelain", "--untracked-files=no"]).strip()
    return revision + (" with changes" if changed else "")


def facts(work):
    """What a reader must know about the machine; nothing that names it."""
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": int(field("/proc/meminfo", "MemTotal").split()[0]) * 1024,
        "kernel": platform.system() + " " + platform.release(),
        "system": field("/etc/os-release", "PRETTY_NAME", "=").strip('"'),
        "disk": disk(work),
        "load_before": os.getloadavg()[0],
    }


def field(file, name, separator=":"):
    for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(separator)
        if key.strip() == name:
            return value.strip()
    return "unknown"


def disk(work):
    """File system and device below the work directory."""
    source, kind = run(["findmnt", "-n", "-o", "SOURCE,FSTYPE", "--target", work]).split()[:2]
    device = subprocess.run(
        ["lsblk", "-n", "-d", "-o", "SIZE,MODEL", source], capture_output=True, text=True, check=False).stdout.split()
    return f"{kind} on {pathlib.Path(source).name}" + (f" ({' '.join(device)})" if device else "")
