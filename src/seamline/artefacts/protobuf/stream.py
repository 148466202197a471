"""A cursor over the tokens of a .proto file."""

from collections.abc import Iterator

from seamline.artefacts.protobuf.tokens import Broken, Token

MAX_NESTED = 100


class Stream:
    """Reads token by token; every method raises Broken, with the line, for what can't stand there."""

    def __init__(self, found: Iterator[Token]) -> None:
        self._tokens, self._at = list(found), 0
        self._depth = 0

    def enter(self) -> None:
        """One level further in; the process's stack has an end."""
        self._depth += 1
        if self._depth > MAX_NESTED:
            raise Broken(f"nested more than {MAX_NESTED} levels deep", self.now.line)

    def leave(self) -> None:
        """One level out again."""
        self._depth -= 1

    @property
    def now(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def ahead(self, n: int) -> str:
        """What stands n tokens further on; "" past the end."""
        return self._tokens[min(self._at + n, len(self._tokens) - 1)].value

    def next(self) -> Token:
        """Take a token."""
        token = self.now
        if token.kind == "end":
            raise Broken("the file ends in the middle of something", token.line)
        self._at += 1
        return token

    def skip(self, sign: str) -> bool:
        """Take this sign or word where it stands next."""
        if self.now.kind in ("sign", "name") and self.now.value == sign:
            self._at += 1
            return True
        return False

    def want(self, sign: str) -> None:
        """Take a sign that has to stand next."""
        if not self.skip(sign):
            raise Broken(f"{sign!r} expected, {self.now.value[:40]!r} found", self.now.line)

    def name(self) -> str:
        """Take a single name."""
        if self.now.kind != "name":
            raise Broken(f"a name expected, {self.now.value[:40]!r} found", self.now.line)
        return self.next().value

    def dotted(self) -> str:
        """`a.b.C`, `.a.b.C`."""
        parts = [""] if self.skip(".") else []
        parts.append(self.name())
        while self.skip("."):
            parts.append(self.name())
        return ".".join(parts)

    def integer(self) -> int:
        """Take a whole number with its sign: decimal, octal or hexadecimal."""
        sign = -1 if self.skip("-") else 1
        token = self.next()
        try:
            value = token.value
            octal = len(value) > 1 and value[0] == "0" and value.isdecimal()
            return sign * int(value, 8 if octal else 0)
        except ValueError:
            raise Broken(f"a whole number expected, {token.value[:40]!r} found", token.line) from None

    def texts(self) -> str:
        """Texts that stand next to each other are one."""
        parts = []
        while self.now.kind == "text":
            parts.append(self.next().value)
        return "".join(parts)
