"""Puts generated parts into docs/benchmarks.md. Each stands between two markers; what people wrote around them is kept."""


def replace_part(target, name, text):
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    part = f"{begin}\n\n{text.strip()}\n\n{end}"
    old = target.read_text(encoding="utf-8") if target.exists() else "# Benchmarks\n"
    if begin in old:
        head, rest = old.split(begin, 1)
        new = head + part + rest.split(end, 1)[1]
    else:
        new = old.rstrip("\n") + "\n\n" + part + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(new, encoding="utf-8")
