"""Pygments lexers for FAA: cells and scripts (`faa`), and notebooks (`faa-notebook`), which are Markdown with cells."""

import re

from pygments.lexer import Lexer, RegexLexer, bygroups, include, words
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

__all__ = ["FAALexer", "FAANotebookLexer"]

# Letters of every script and mathematical signs that are no operators; then also digits, marks, primes and sub- and superscripts.
_START = r"(?:[^\W\d]|[∀-∖∘-∥∫-≟≡-≣≦-⋿⟀-⟯⨀-⫿∂∇√∞☀-➿\U0001F300-\U0001FAFF])"
_PART = r"(?:\w|[∀-∖∘-∥∫-≟≡-≣≦-⋿⟀-⟯⨀-⫿☀-➿\U0001F300-\U0001FAFF\u0300-\u036f\u20d0-\u20ff²³¹⁰-₟′-‴\u200d\ufe0f])"
_NAME = f"{_START}{_PART}*"


class FAALexer(RegexLexer):
    """Cells of an FAA notebook, scripts, and what is typed at the prompt."""

    name = "FAA"
    aliases = ["faa"]
    mimetypes = ["text/x-faa"]
    flags = re.MULTILINE

    tokens = {
        "root": [
            (r"\s+", Whitespace),
            (r"\\\n", Whitespace),
            (r"\ufeff", Whitespace),
            (r"#\|.*", Comment.Special),
            (r"#.*", Comment.Single),
            (r"^([ \t]*)(%%?)(\w+)", bygroups(Whitespace, Operator, Keyword.Pseudo)),
            (r"^([ \t]*)(\?\??)([^\n]*)", bygroups(Whitespace, Operator, Name)),
            include("expression"),
        ],
        "expression": [
            (r'"""', String, "block"),
            (r'"', String, "string"),
            (r"0[xX][0-9A-Fa-f_]+", Number.Hex),
            (r"0[bB][01_]+", Number.Bin),
            (r"\d[\d_]*(?:\.\d[\d_]*)?[eE][+-]?\d+", Number.Float),
            (r"\d[\d_]*\.\d[\d_]*", Number.Float),
            (r"\d[\d_]*", Number.Integer),
            (words(("func", "let", "var"), suffix=r"\b"), Keyword.Declaration),
            (
                words(("if", "else", "for", "in", "while", "return", "break", "continue", "try"), suffix=r"\b"),
                Keyword,
            ),
            (words(("true", "false", "none", "True", "False", "None"), suffix=r"\b"), Keyword.Constant),
            (words(("pi", "inf", "nan", "f32", "f64", "i32"), suffix=r"\b"), Name.Constant),
            (rf"(\.)({_NAME})", bygroups(Operator, Name.Attribute)),
            (rf"{_NAME}(?=\()", Name.Function),
            (rf"{_NAME}(?=:\s)", Name.Label),
            (_NAME, Name),
            (r"\.\.\.|\.\.<|\*\*=?|//=?|\|>|\?\?|&&|\|\||[-+*/%@=!<>]=|->|[-+*/%@=<>!?&|~^.]", Operator),
            (r"[()\[\]{},:;]", Punctuation),
        ],
        "string": [
            (r'"', String, "#pop"),
            (r"\\\(", String.Interpol, "interpolation"),
            (r"\\u\{[0-9A-Fa-f]+\}|\\.", String.Escape),
            (r'[^"\\\n]+', String),
            (r"\n", Whitespace, "#pop"),
        ],
        "block": [
            (r'"""', String, "#pop"),
            (r"\\\(", String.Interpol, "interpolation"),
            (r"\\u\{[0-9A-Fa-f]+\}|\\.|\\\n", String.Escape),
            (r'[^"\\]+', String),
            (r'"', String),
        ],
        "interpolation": [
            (r"\)", String.Interpol, "#pop"),
            (r"\(", Punctuation, "parentheses"),
            (r"\s+", Whitespace),
            include("expression"),
        ],
        "parentheses": [
            (r"\)", Punctuation, "#pop"),
            (r"\(", Punctuation, "#push"),
            (r"\s+", Whitespace),
            include("expression"),
        ],
    }


class FAANotebookLexer(Lexer):
    """An FAA notebook: Markdown whose ```faa fences are cells and ```expect fences what they must show."""

    name = "FAA notebook"
    aliases = ["faa-notebook"]
    filenames = ["*.faa"]

    _fence = re.compile(r"^([ ]*)(`{3,}|~{3,})(faa|expect)\b[^\n]*\n", re.MULTILINE)

    def get_tokens_unprocessed(self, text):
        code = FAALexer(stripnl=False, ensurenl=False)
        position = 0
        front = re.match(r"---\n.*?\n(?:---|\.\.\.)\n", text, re.DOTALL)
        if front:
            yield from self._part(get_lexer_by_name("yaml", stripnl=False, ensurenl=False), front.group(), 0)
            position = front.end()
        while match := self._fence.search(text, position):
            yield from self._prose(text, position, match.start())
            yield match.start(), String.Delimiter, match.group()
            mark = re.escape(match.group(2)[0])
            close = re.compile(rf"^[ ]*{mark}{{{len(match.group(2))},}}[ \t]*(?:\n|\Z)", re.MULTILINE)
            end = close.search(text, match.end())
            body = text[match.end():end.start() if end else len(text)]
            if match.group(3) == "faa":
                yield from self._part(code, body, match.end())
            elif body:
                yield match.end(), Generic.Output, body
            if end:
                yield end.start(), String.Delimiter, end.group()
            position = end.end() if end else len(text)
        yield from self._prose(text, position, len(text))

    def _prose(self, text, start, end):
        if start < end:
            yield start, Text, text[start:end]

    @staticmethod
    def _part(lexer, text, offset):
        for index, kind, value in lexer.get_tokens_unprocessed(text):
            yield offset + index, kind, value
