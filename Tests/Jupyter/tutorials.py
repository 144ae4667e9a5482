"""Every tutorial and notebook, converted to ipynb and executed by nbclient, shows what `faa run` shows: tutorials.py FAA ROOT FOLDER."""

import pathlib
import re
import subprocess
import sys

import nbclient
import nbformat

faa, root, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
# Wall times differ between any two runs, unless by chance.
TIME = re.compile(r"\d[\d.]*(e-?\d+)? ?(µs|ms|s|min)\b")
NUMBER = re.compile(r"[-+]?\d[\d.]*(e[-+]?\d+)?")


def text(value):
    return "".join(value) if isinstance(value, list) else value


def isProgress(output):
    return output["output_type"] == "display_data" and text(output["data"].get("text/html", "")).startswith("<div><progress")


def shown(cell):
    """The outputs in comparable form: adjacent text of a stream joined, progress and times gone."""
    result = []
    for output in cell.get("outputs", []):
        kind = output["output_type"]
        if isProgress(output):
            continue
        if kind == "stream":
            if result and result[-1][:2] == ("stream", output["name"]):
                result[-1] = ("stream", output["name"], result[-1][2] + text(output["text"]))
            else:
                result.append(("stream", output["name"], text(output["text"])))
        elif kind == "error":
            result.append((kind, output["ename"], output["evalue"]))
        else:
            result += [(kind, mime, text(data)) for mime, data in sorted(output["data"].items())]
    return [(kind, name, TIME.sub("TIME", value)) for kind, name, value in result]


def worded(outputs):
    """The words of the outputs: without numbers, and without the blanks of columns, as wide as their longest number."""
    return [(kind, name, NUMBER.sub(" N ", value).split()) for kind, name, value in outputs]


def run(path, ran):
    """What `faa run` shows."""
    command = [faa, "run", "-q", "--cache", "off", "--out", folder / "out", "--ipynb", ran, path]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return nbformat.read(ran, 4)


def first(a, b):
    for position, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"output {position}: {x[:2]} {x[2][:300]!r} is not {y[:2]} {y[2][:300]!r}"
    return f"{len(a)} outputs, not {len(b)}: {[x[:2] for x in a]} and {[y[:2] for y in b]}"


bad = cells = timed = 0
notebooks = sorted(root.glob("tutorials/*.faa")) + sorted(root.glob("notebooks/*.faa"))
for path in notebooks:
    ran, plain = folder / f"{path.stem}-ran.ipynb", folder / f"{path.stem}.ipynb"
    # Where a cell measures, or two runs differ, numbers are times without their unit: there only the words are compared.
    expected, again = run(path, ran), run(path, ran)
    subprocess.run([faa, "convert", path, "--to", "ipynb", "-o", plain], check=True)
    book = nbformat.read(plain, 4)
    nbclient.NotebookClient(
        book, timeout=300, kernel_name="faa", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    nbformat.validate(book)
    assert [cell.id for cell in book.cells] == [cell.id for cell in expected.cells], path
    for cell, other, same in zip(book.cells, expected.cells, again.cells):
        if cell.cell_type != "code":
            continue
        cells += 1
        seen, wanted = shown(cell), shown(other)
        if wanted != shown(same) or "seconds {" in cell.source:
            timed += 1
            seen, wanted = worded(seen), worded(wanted)
        if seen != wanted:
            bad += 1
            print(f"  FAIL  {path.name}, {cell.id}: {first(seen, wanted)}")

print(f"  {'FAIL' if bad else 'ok  '}  {len(notebooks)} notebooks, {cells} cells show under nbclient what `faa run` shows, {timed} with times of their own")
sys.exit(1 if bad else 0)
