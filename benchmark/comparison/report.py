"""Turns the results of a comparison into the tables of docs/benchmarks.md."""

from dataclasses import dataclass

from comparison.document import replace_part
from comparison.scenarios import BASELINE

TOOLS = ("holdfast", "restic", "borg")
CHANGED = "what changed"
FRESH = "the same tree alone"


@dataclass(frozen=True)
class Row:
    """One measure. `limit` is a factor of restic's figure, or an absolute one where `against` is empty."""

    title: str
    step: str
    key: str
    limit: float | None = None
    against: str = "restic"


ROWS = (
    Row("first backup of the kernel tree", "first", "wall", 0.40),
    Row("… against `tar \\| zstd -1 -T2`", "first", "wall", 1.5, BASELINE),
    Row("stored bytes after it", "first", "stored", 0.85),
    Row("unchanged second backup", "unchanged", "wall", 0.4),
    Row("next kernel release, time", "next", "wall", 0.5),
    Row("next kernel release, bytes added", "next", "added", 0.8),
    Row("restore of the tree", "restore", "wall", 0.7),
    Row("restore of one file out of it", "restore-one", "wall", 0.6, ""),
    Row("reading and checking everything", "verify", "wall", 0.7),
    Row("small files, first", "small-first", "wall", 0.5),
    Row("small files, unchanged", "small-unchanged", "wall", 0.4),
    Row("small files, restore", "small-restore", "wall", 0.7),
    Row("small files, stored bytes", "small-first", "stored"),
    Row("incompressible data, first", "incompressible", "wall"),
    Row("random data, first", "image", "wall"),
    Row("the same with 20 insertions, time", "insertions", "wall"),
    Row("the same with 20 insertions, bytes added", "insertions", "added"),
    Row("SQLite database, first", "database-first", "wall"),
    Row("1 % of its rows changed, time", "database", "wall"),
    Row("1 % of its rows changed, processor time", "database", "cpu", 0.7),
    Row("1 % of its rows changed, bytes added", "database", "added", 0.05),
    Row("its dump, first", "dump-first", "wall"),
    Row("the changed dump, time", "dump", "wall"),
    Row("the changed dump, processor time", "dump", "cpu", 0.7),
    Row("the changed dump, bytes added", "dump", "added", 0.05),
    Row("ext4 image as a file, first", "blocks-first", "wall"),
    Row("1 % of its blocks changed, time", "blocks", "wall"),
    Row("1 % of its blocks changed, bytes added", "blocks", "added", 0.85),
    Row("… against borg", "blocks", "added", 0.5, "borg"),
    Row("the image as a volume, first", "volume-first", "wall", None, ""),
    Row("the changed volume, time", "volume", "wall", None, ""),
    Row("the changed volume, bytes added", "volume", "added", 1.15, CHANGED),
    Row("a night's backup of 60", "night", "wall"),
    Row("restore after the first night", "night-1", "wall"),
    Row("restore after 60 nights", "night-last", "wall"),
    Row("… against the same tree in a repository of its own", "night-last", "wall", 1.3, FRESH),
    Row("a prune among the nights, processor time", "night-prune", "cpu", 0.5),
    Row("copy of 1,000 snapshots, nothing new", "copy", "wall", 1.0, ""),
    Row("a million tiny files, first", "million-first", "wall"),
    Row("a million tiny files, unchanged", "million-unchanged", "wall"),
)
MEMORY_LIMITS = {"first": 300e6, "unchanged": 300e6, "next": 300e6, "restore": 300e6, "million-first": 400e6,
                 "million-unchanged": 400e6}


def write(target, results):
    replace_part(target, "compare", render(results))


def render(results):
    parts = [machine(results), "### Time and size", comparison(results), "### Incompressible data against the machine",
             limits(results), "### Processor time", cpu(results), "### Memory", memory(results)]
    if "prune" in results.document["samples"]:
        parts += ["### Prune beside a running backup", prune(results)]
    if results.document["skipped"]:
        parts += ["### Not measured", "\n".join(f"- {k}: {v}." for k, v in results.document["skipped"].items())]
    return "\n\n".join(p for p in parts if p) + "\n"


def machine(results):
    d, m = results.document, results.document["machine"]
    kernels = ", ".join(d.get("kernels", []))
    return "\n".join((
        f"Measured on {m['date']} at commit {d['commit']}: {m['cpu']}, {m['cores']} cores, {m['memory_bytes'] / 2**30:.0f} GiB,"
        f" {m['system']} ({m['kernel']}), {m['disk']}.",
        f"{'; '.join(d['versions'].values())}.",
        f"Medians of {results.most_rounds()} rounds; load of the machine before: {m['load_before']:.2f}." + (f" Kernel releases {kernels}." if kernels else ""),
    ))


def comparison(results):
    lines = ["| measure | Holdfast | restic | borg | ratio | target | reached |", "|---|--:|--:|--:|--:|--:|---|"]
    for row in ROWS:
        mine = results.median(row.step, "holdfast", row.key)
        if mine is None:
            continue
        cells = [figure(row.key, results.median(row.step, tool, row.key)) for tool in TOOLS]
        lines.append(f"| {row.title} | " + " | ".join(cells + verdict(results, row, mine)) + " |")
    return "\n".join(lines) if len(lines) > 2 else "Nothing."


def verdict(results, row, mine):
    """Ratio, target, reached."""
    if not row.against:
        return ["", f"≤ {figure(row.key, row.limit)}", yes(mine <= row.limit)] if row.limit is not None else ["", "", ""]
    if row.against == CHANGED:
        other = results.document.get("changed_blocks_bytes")
    elif row.against == FRESH:
        other = results.median("night-fresh", "holdfast", row.key)
    else:
        other = results.median(row.step, row.against, row.key)
    if not other:
        return ["", "", ""]
    ratio = f"{mine / other:.2f}"
    if row.limit is None:
        return [ratio, "", ""]
    name = "" if row.against == "restic" else f" of {figure(row.key, other)}"
    return [ratio, f"≤ {row.limit:.2f}{name}", yes(mine <= row.limit * other)]


def limits(results):
    disk, sha = (results.median("limits", name, "rate") for name in ("disk", "sha256"))
    wall = results.median("incompressible", "holdfast", "wall")
    if not (disk and sha and wall):
        return ""
    rate = results.document["data"]["random_bytes"] / wall
    lower = min(disk, sha)
    return "\n".join((
        "| Holdfast | disk (`dd conv=fsync`) | hash (`openssl speed`, all cores) | of the lower | target | reached |",
        "|--:|--:|--:|--:|--:|---|",
        f"| {rate / 1e6:.0f} MB/s | {disk / 1e6:.0f} MB/s | {sha / 1e6:.0f} MB/s | {rate / lower:.2f} | ≥ 0.80 |"
        f" {yes(rate >= 0.8 * lower)} |"))


def cpu(results):
    lines = ["Seconds in user and kernel mode together, all cores.", "",
             "| measure | Holdfast | restic | borg | tar, zstd |", "|---|--:|--:|--:|--:|"]
    for row in ROWS:
        if row.key == "wall" and row.against != BASELINE and results.median(row.step, "holdfast", "cpu") is not None:
            cells = [figure("wall", results.median(row.step, tool, "cpu")) for tool in (*TOOLS, BASELINE)]
            lines.append(f"| {row.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def memory(results):
    lines = ["Peaks. Anonymous memory is sampled every 10 ms; mapped pages (program, libraries, index) belong to the page cache"
             " and are counted apart; resident is the kernel's own peak of both together.", "",
             "| measure | Holdfast anonymous | mapped | resident | restic resident | borg resident | target | reached |",
             "|---|--:|--:|--:|--:|--:|--:|---|"]
    for row in ROWS:
        mine = results.maximum(row.step, "holdfast", "anonymous")
        if row.key != "wall" or row.against == BASELINE or mine is None:
            continue
        cells = [figure("stored", v) for v in (
            mine, results.maximum(row.step, "holdfast", "mapped"), results.maximum(row.step, "holdfast", "rss"),
            results.maximum(row.step, "restic", "rss"), results.maximum(row.step, "borg", "rss"))]
        limit = MEMORY_LIMITS.get(row.step)
        cells += [f"≤ {limit / 1e6:.0f} MB", yes(mine <= limit)] if limit else ["", ""]
        lines.append(f"| {row.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def prune(results):
    alone, beside = (results.median("prune", kind, "wall") for kind in ("alone", "beside"))
    count = results.median("prune", "beside", "prunes")
    return "\n".join((
        f"The backup of the next kernel release into a repository that is mostly garbage; beside it, prune ran"
        f" {count:.0f} times without a pause.", "",
        "| backup alone | beside prune | ratio | target | reached |", "|--:|--:|--:|--:|---|",
        f"| {figure('wall', alone)} | {figure('wall', beside)} | {beside / alone:.2f} | ≤ 1.60 | {yes(beside <= 1.6 * alone)} |"))


def figure(key, value):
    if value is None:
        return "–"
    if key in ("wall", "cpu"):
        return f"{value:.2f} s"
    return f"{value / 1e6:.1f} MB" if value < 10e6 else f"{value / 1e6:.0f} MB"


def yes(reached):
    return "yes" if reached else "**no**"
