"""SQL text as words: what a clause is read from, one statement at a time.

The tokenizer is sqlglot's, so comments, quotes and dollar quotes are the dialect's. The grammar of DDL is read from the
words themselves: sqlglot keeps a good part of what databases allow in ALTER TABLE as one opaque string.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

_STRINGS = frozenset(
    kind
    for kind in TokenType
    if kind.name.endswith("_STRING") or kind in (TokenType.STRING, TokenType.RAW_STRING)
)
_OPENS = {"BEGIN": 1, "CASE": 1, "END": -1}
_FOLDS = frozenset({"", "postgres", "redshift", "duckdb", "materialize"})  # unquoted names go to lower case


class Word(Struct, frozen=True):
    """One word, name, literal or sign. `upper` is "" for names in quotes and for strings: they are no keyword."""

    text: str
    upper: str
    kind: Literal["word", "name", "string", "number", "sign"]
    line: int
    start: int
    end: int  # of its last character


class Untokenized(ValueError):
    """The text can't be cut into words: a quote that doesn't end, say. `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def statements(sql: str, dialect: str) -> Iterator[list[Word]]:
    """The words of each statement of a text, without the semicolon; none for empty ones.

    Raises Untokenized. A body between BEGIN and END stays with the routine or trigger that it is of.
    """
    try:
        tokens = Dialect.get_or_raise(dialect or None).tokenize(sql)
    except (SqlglotError, RecursionError, ValueError) as error:
        raise Untokenized(1) from error
    statement: list[Word] = []
    open_, before = 0, ""  # blocks of a routine that are not at their END; the word before
    for token in tokens:
        if _ends(token) and not (open_ > 0 and _is_routine(statement)):
            if statement:
                yield statement
            statement, open_ = [], 0
        else:
            word = token.text.upper()
            open_ += _opened(word, before)
            before = word
            statement.extend(_words(token, dialect))
    if statement:
        yield statement


def _opened(word: str, before: str) -> int:
    """How many blocks a word opens; END IF and its like close what no word opened."""
    if before == "END":
        return int(word in ("IF", "LOOP", "WHILE", "REPEAT", "FOR"))
    return _OPENS.get(word, 0)


def _ends(token: Token) -> bool:
    return token.token_type is TokenType.SEMICOLON or (
        token.token_type is TokenType.COMMAND and token.text.upper() == "GO"
    )


def _is_routine(statement: Sequence[Word]) -> bool:
    """Whether a statement makes a routine or trigger, whose body has semicolons of its own."""
    head = {word.upper for word in statement[:8]}
    return bool(head & {"CREATE", "ALTER"}) and bool(head & {"TRIGGER", "PROCEDURE", "FUNCTION"})


def _words(token: Token, dialect: str) -> Iterator[Word]:
    kind = token.token_type
    if kind in _STRINGS:
        yield Word(token.text, "", "string", token.line, token.start, token.end)
    elif kind is TokenType.IDENTIFIER:
        yield Word(token.text, "", "name", token.line, token.start, token.end)
    elif kind is TokenType.NUMBER:
        yield Word(token.text, token.text, "number", token.line, token.start, token.end)
    elif not token.text[:1].isalpha() and token.text[:1] != "_":
        yield Word(token.text, token.text, "sign", token.line, token.start, token.end)
    else:  # "PRIMARY KEY", "character varying" are one token
        for part in token.text.split():
            text = part.lower() if dialect in _FOLDS else part
            yield Word(text, part.upper(), "word", token.line, token.start, token.end)


class Cursor:
    """Reads a statement's words from left to right. Past the end there is an empty sign, never an error."""

    _END = Word("", "", "sign", 0, 0, 0)

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.words)

    def peek(self, ahead: int = 0) -> Word:
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else self._END

    def next(self) -> Word:
        word = self.peek()
        self.at += 1
        return word

    def take(self, *keywords: str) -> bool:
        """Step over these keywords if all of them are next, in this order."""
        if all(self.peek(i).upper == keyword for i, keyword in enumerate(keywords)):
            self.at += len(keywords)
            return True
        return False

    def take_any(self, *keywords: str) -> str:
        """Step over the next word if it is one of these; which one, else ""."""
        word = self.peek().upper
        return self.next().upper if word and word in keywords else ""

    def skip_exists(self) -> None:
        """Step over IF EXISTS or IF NOT EXISTS, and ONLY."""
        if self.take("IF"):
            self.take("NOT")
            self.take("EXISTS")
        self.take("ONLY")

    def name(self) -> str:
        """A name with what stands before its dots: `public.users`; "" when none is next."""
        parts: list[str] = []
        while self.peek().kind in ("word", "name", "string"):
            parts.append(self.next().text)
            if self.peek().text != ".":
                break
            self.next()
        return ".".join(parts)

    def group(self) -> list[Word]:
        """What stands between the parenthesis that is next and its end; empty when none is next."""
        if self.peek().text != "(":
            return []
        self.next()
        depth, start = 1, self.at
        while self and depth:
            depth += {"(": 1, ")": -1}.get(_sign(self.next()), 0)
        return list(self.words[start : self.at - (0 if depth else 1)])

    def rest(self) -> list[Word]:
        words = list(self.words[self.at :])
        self.at = len(self.words)
        return words


def _sign(word: Word) -> str:
    return word.text if word.kind == "sign" else ""


def listed(words: Sequence[Word]) -> list[list[Word]]:
    """Words cut at the commas that stand in no parenthesis; no empty parts."""
    parts: list[list[Word]] = [[]]
    depth = 0
    for word in words:
        sign = _sign(word)
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def column_list(words: Sequence[Word]) -> tuple[str, ...]:
    """The names of a list of columns; an expression among them has none and is left out."""
    heads = [(part[0], part[1] if len(part) > 1 else None) for part in listed(words)]
    return tuple(head.text for head, then in heads if head.kind in ("word", "name") and not _applied(then))


def _applied(word: Word | None) -> bool:
    return word is not None and word.text == "(" and not word.upper.isdigit()
