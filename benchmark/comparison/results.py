"""What was measured: raw, as it goes into the JSON file."""

import dataclasses
import json
import statistics


class Results:
    """Samples by measure and tool. A sample is a dict of numbers; see process.Run for the names."""

    def __init__(self, document):
        self.document = document

    @staticmethod
    def create(machine, commit, versions, sizes, arguments):
        return Results({
            "machine": machine, "commit": commit, "versions": versions, "data": sizes, "arguments": arguments,
            "skipped": {}, "samples": {}})

    @staticmethod
    def load(file):
        return Results(json.loads(file.read_text(encoding="utf-8")))

    def save(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        commit = self.document["commit"].split()[0]
        file = directory / f"{self.document['machine']['date']}-{commit}.json"
        file.write_text(json.dumps(self.document, indent=1) + "\n", encoding="utf-8")
        print(f"compare: the raw figures are in {file}")

    def add(self, measure, tool, run=None, **more):
        sample = {}
        if run is not None:
            sample = dataclasses.asdict(run) | {"cpu": run.cpu}
        sample |= more
        self.document["samples"].setdefault(measure, {}).setdefault(tool, []).append(sample)
        told = " ".join(f"{k}={tell(k, v)}" for k, v in sample.items() if k not in ("user", "system"))
        print(f"compare: {measure:24} {tool:10} {told}", flush=True)

    def skip(self, measure, reason):
        if measure not in self.document["skipped"]:
            self.document["skipped"][measure] = reason
            print(f"compare: {measure:24} skipped: {reason}", flush=True)

    def median(self, measure, tool, key):
        """None where it was not measured."""
        samples = self.document["samples"].get(measure, {}).get(tool, [])
        values = [s[key] for s in samples if key in s]
        return statistics.median(values) if values else None

    def maximum(self, measure, tool, key):
        samples = self.document["samples"].get(measure, {}).get(tool, [])
        values = [s[key] for s in samples if key in s]
        return max(values) if values else None

    def most_rounds(self):
        return max(len(samples) for tools in self.document["samples"].values() for samples in tools.values())


def tell(key, value):
    if key in ("wall", "cpu", "beside"):
        return f"{value:.2f}s"
    return f"{value / 1e6:.1f}MB" if isinstance(value, int) else f"{value:.3g}"
