"""Every notebook and script through the Pygments lexer and the TextMate grammar: no text may be left unknown."""

import json
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

# Every pattern of the grammar is a regular expression, and every include has its target.
for path in sorted((root / "editors/textmate").glob("*.json")):
    grammar = json.loads(path.read_text())
    names = set(grammar.get("repository", {}))

    def visit(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key in ("match", "begin", "end"):
                # An end may refer to a group of its begin.
                re.compile("()()" + value if key == "end" else value)
            if key == "include" and value.startswith("#"):
                assert value[1:] in names, (path, value)
            if isinstance(value, (dict, list)):
                visit(value)

    visit(grammar)

print(f"  {'FAIL' if bad else 'ok  '}  {len(files)} files without an unknown token")
sys.exit(1 if bad else 0)
