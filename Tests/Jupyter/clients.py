"""Notebooks through the clients people run: nbclient, nbconvert and papermill. Prints a line for each; exits 1 at the first surprise."""

import pathlib
import subprocess
import sys

import nbclient
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

folder = pathlib.Path(sys.argv[1])


def notebook(*cells):
    spec = {"name": "faa", "display_name": "FAA", "language": "faa"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": spec})


def check(name, isRight, seen=""):
    print(f"  {'ok  ' if isRight else 'FAIL'}  {name}{'' if isRight else f': {seen}'}")
    if not isRight:
        sys.exit(1)


def run(*command):
    return subprocess.run([sys.executable, "-m", *map(str, command)], cwd=folder, capture_output=True, text=True)


book = notebook(
    new_markdown_cell("# A small notebook"),
    new_code_cell("X = randn([32, 4], seed: 1)\ny = sum(X, axis: 1)\nprint(\"rows\", 32)"),
    new_code_cell("θ = zeros([4])\nloss = { θ in mean((X @ θ - y) ** 2) }\nloss(θ + 1)"),
    new_code_cell("plot([3, 1, 2], title: \"three\")"),
)
nbformat.write(book, folder / "small.ipynb")

nbclient.NotebookClient(book, timeout=60, kernel_name="faa").execute()
outputs = [output for cell in book.cells[1:] for output in cell.outputs]
check("nbclient: outputs are valid nbformat", nbformat.validate(book) is None)
check("nbclient: text", outputs[0].get("text") == "rows 32\n", outputs[0])
check("nbclient: value", "text/plain" in outputs[1].get("data", {}), outputs[1])
plot = outputs[2].get("data", {})
check("nbclient: plot", {"image/svg+xml", "image/png", "text/plain"} <= set(plot), list(plot))

failing = notebook(new_code_cell("zeros([2]) @ zeros([3])"))
try:
    nbclient.NotebookClient(failing, timeout=60, kernel_name="faa").execute()
    check("nbclient: a failing cell fails", False, "it passed")
except nbclient.exceptions.CellExecutionError as error:
    check("nbclient: a failing cell fails", error.ename != "" and "^" in error.traceback, error)

done = run("nbconvert", "--execute", "--to", "html", "small.ipynb")
page = (folder / "small.html").read_text() if done.returncode == 0 else ""
check("nbconvert --execute --to html", "image/svg+xml" in page and "rows 32" in page, done.stderr[-800:])

parameters = new_code_cell("steps = 2\nname = \"a\"", metadata={"tags": ["parameters"]})
nbformat.write(
    notebook(parameters, new_code_cell('print(steps * 2, name, flag, betas)')), folder / "params.ipynb")
values = ["-p", "steps", 21, "-p", "name", "a b", "-p", "flag", "True", "-y", "betas: [0.9, {lr: 0.1, none: null}]"]
done = run("papermill", "params.ipynb", "out.ipynb", "-l", "python", *values)
text = ""
if done.returncode == 0:
    text = nbformat.read(folder / "out.ipynb", 4).cells[-1].outputs[0].text
check("papermill -p", text.startswith("42 a b true [0.9, {lr: 0.1"), text or done.stderr[-800:])
