"""Every notebook and script through the Pygments lexer: no text may be left unknown."""

import pathlib
import re
import sys

from pygments.lexers import get_lexer_by_name
from pygments.token import Error

root = pathlib.Path(sys.argv[1])
files = sorted(p for d in ("notebooks", "tutorials", "Tests/Scripts") for p in (root / d).rglob("*.faa"))
lexer = get_lexer_by_name("faa")
notebook = get_lexer_by_name("faa-notebook")
scripts = root / "Tests" / "Scripts"
# Scripts that are about characters the language does not have.
wrong = re.compile(r"error.*(UnexpectedCharacter|MalformedNumber|UnterminatedString|MalformedEscape)")

bad = 0
for path in files:
    text = path.read_text()
    isScript = scripts in path.parents
    if isScript and wrong.search(text):
        continue
    tokens = list((lexer if isScript else notebook).get_tokens(text))
    assert "".join(value for _, value in tokens).strip() == text.strip(), path
    for kind, value in tokens:
        if kind is Error:
            bad += 1
            print(f"  FAIL  {path.relative_to(root)}: {value!r}")

print(f"  {'FAIL' if bad else 'ok  '}  {len(files)} files without an unknown token")
sys.exit(1 if bad else 0)
