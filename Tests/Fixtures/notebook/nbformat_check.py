"""Validates notebooks that `faa` has written with Jupyter's own nbformat, and has nbformat rewrite them.

    python3 nbformat_check.py FILE.ipynb...

Every file must pass nbformat's strict schema check; reading and writing it with nbformat, as every Jupyter front end does, is what
`nbformat_check` then compares after the way back to .faa.
"""

import sys

import nbformat

for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5), path
    nbformat.validate(notebook, relax_add_props=False)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(ids) == len(set(ids)), path
    nbformat.write(notebook, path)
    print(f"valid: {path}, {len(notebook.cells)} cells")
