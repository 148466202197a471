"""Ruby's tokens as a tree: calls with their arguments and blocks, definitions, classes. Tolerant.

It knows as much of the grammar as is needed to tell which calls a migration makes, with which literals, in which
block. What it can't follow becomes UNKNOWN and is stepped over with its brackets and its `end`.
"""

from seamline.artefacts.rails.nodes import UNKNOWN, Assign, Body, Call, Node, Text, Value
from seamline.artefacts.rails.tokens import Token, number, tokens

_OPENS_BODY = frozenset("if unless case while until for begin".split())
_SECTIONS = frozenset("else elsif when in rescue ensure".split())
_MODIFIERS = frozenset("if unless while until rescue and or".split())
_NO_ARGUMENT = _MODIFIERS | _SECTIONS | frozenset("do end then not".split())
_BINARY = frozenset("+ - * / % ** == != =~ !~ < > <= >= <=> && || << >> & | ^ === .. ... ?".split())
_ASSIGNS = frozenset("= ||= &&= += -= *=".split())
_WORDS: dict[str, Value] = {"true": True, "false": False, "nil": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 120  # brackets and blocks within one another


def parse(text: str) -> list[Node]:
    """The statements of a file. Raises RecursionError for what is nested absurdly deep, nothing else."""
    return _Parser(tokens(text)).body(frozenset())


class _Parser:
    def __init__(self, tokens_: list[Token]) -> None:
        self.tokens = tokens_
        self.at = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def is_word(self, *words: str) -> bool:
        token = self.peek()
        return token.kind == "name" and token.text in words

    def is_op(self, *signs: str) -> bool:
        token = self.peek()
        return token.kind == "op" and token.text in signs

    def skip_lines(self) -> None:
        while self.peek().kind == "newline" or self.is_op(";"):
            self.at += 1

    # -- statements -----------------------------------------------------------------
    def body(self, stops: frozenset[str]) -> list[Node]:
        """Statements up to one of these words (or the end), which is left where it is."""
        nodes: list[Node] = []
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RecursionError
        while True:
            self.skip_lines()
            token = self.peek()
            if token.kind == "end" or (token.text in stops and token.kind in ("name", "op")):
                break
            before = self.at
            node = self.statement()
            if node is not None:
                nodes.append(node)
            if self.at == before:
                self.at += 1  # a stray `end` or bracket
        self.depth -= 1
        return nodes

    def statement(self) -> Node | None:
        token = self.peek()
        if token.kind == "name" and token.text in ("class", "module"):
            return self.named_body()
        if self.is_word("def") or (self.is_word("private", "protected") and self.peek(1).text == "def"):
            return self.definition()
        if token.kind == "name" and token.text in _OPENS_BODY:
            return self.branch()
        node = self.expression_statement()
        self.rest_of_line()
        return node

    def named_body(self) -> Body:
        kind = self.next()
        head: list[str] = []
        while self.peek().kind not in ("newline", "end") and not self.is_op(";"):
            head.append(self.next().text)
        name, _, above = "".join(head).partition("<")
        return Body(kind.text, name, tuple(self.sections()), kind.line, above)

    def definition(self) -> Body:
        if not self.is_word("def"):
            self.at += 1
        start = self.next()
        name = self.next().text
        while self.is_op("."):
            self.at += 1
            name += "." + self.next().text
        if self.is_op("("):
            self.skip_bracket()
        if self.is_op("="):  # def x = expression
            self.at += 1
            node = self.expression_statement()
            self.rest_of_line()
            return Body("def", name, (node,) if node else (), start.line)
        while self.peek().kind not in ("newline", "end") and not self.is_op(";"):
            self.at += 1
        return Body("def", name, tuple(self.sections()), start.line)

    def branch(self) -> Body:
        start = self.next()
        if start.text not in ("begin",):
            self.condition()
        return Body(start.text, "", tuple(self.sections()), start.line)

    def sections(self) -> list[Node]:
        """The statements up to the matching `end`, those of all branches in a row; the `end` is stepped over."""
        nodes: list[Node] = []
        while True:
            nodes.extend(self.body(_SECTIONS | {"end"}))
            token = self.next()
            if token.kind == "end" or token.text == "end":
                return nodes
            if token.text != "else":
                self.condition()

    def condition(self) -> None:
        """Step over what a branch asks, up to the line's end or `then`, with the blocks in it."""
        while (
            self.peek().kind not in ("newline", "end")
            and not self.is_op(";")
            and not self.is_word("then", "do")
        ):
            if self.peek().text in _CLOSING and self.peek().kind == "op":
                self.skip_bracket()
            else:
                self.at += 1
        if self.is_word("then", "do"):
            self.at += 1

    def expression_statement(self) -> Node | None:
        token = self.peek()
        if token.kind == "name" and self.peek(1).kind == "op" and self.peek(1).text in _ASSIGNS:
            self.at += 2
            self.skip_newlines()
            return Assign(token.text, self.assigned(), token.line)
        if token.text == "self" and self.peek(1).text == "." and self.peek(3).text == "=":
            name = self.peek(2).text
            self.at += 4
            return Assign(f"self.{name}", self.assigned(), token.line)
        found = self.expression()
        if isinstance(found, Call) and self.is_op(*_ASSIGNS):
            self.at += 1
            return Assign(f"{found.name}=", self.assigned(), token.line)
        return found if isinstance(found, Call) else None

    def assigned(self) -> Value:
        if self.peek().kind == "name" and self.peek().text in _OPENS_BODY:
            self.branch()
            return UNKNOWN
        return self.expression()

    def rest_of_line(self) -> None:
        """Step over what is left of a statement: a modifier's condition, an operator's other side."""
        while (
            self.peek().kind not in ("newline", "end")
            and not self.is_op(";", "}", ")", "]")
            and not self.is_word("end")
        ):
            if self.is_op(*_CLOSING):
                self.skip_bracket()
            elif self.is_word("do"):
                self.at += 1
                self.sections()
            else:
                self.at += 1

    def skip_bracket(self) -> None:
        depth = 0
        while self.peek().kind != "end":
            token = self.next()
            if token.kind == "op" and token.text in _CLOSING:
                depth += 1
            elif token.kind == "op" and token.text in (")", "]", "}"):
                depth -= 1
                if depth == 0:
                    return

    def skip_newlines(self) -> None:
        while self.peek().kind == "newline":
            self.at += 1

    # -- values ----------------------------------------------------------------------
    def expression(self) -> Value:
        """A value with what is called on it; a calculation is UNKNOWN, but for strings that stand side by side."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RecursionError
        found = self.postfix(self.primary())
        while self.peek().kind == "op" and self.peek().text in _BINARY:
            sign = self.next().text
            self.skip_newlines()
            other = self.expression()
            if sign == "?":  # a ? b : c
                if self.is_op(":"):
                    self.at += 1
                    self.expression()
                found = UNKNOWN
            elif sign == "+" and isinstance(found, list) and isinstance(other, list):
                found = found + other
            elif not (sign == "<<" and isinstance(found, Call)):
                found = UNKNOWN
        self.depth -= 1
        return found

    def primary(self) -> Value:
        token = self.next()
        if token.kind == "string":
            return self.string(token)
        if token.kind == "symbol":
            return token.text
        if token.kind == "words":
            return [part for part in token.parts if isinstance(part, str)]
        if token.kind == "number":
            return number(token.text)
        if token.kind == "op":
            return self.sign(token)
        if token.kind == "name":
            if token.text in _WORDS:
                return _WORDS[token.text]
            if token.text in ("not", "defined?"):
                self.expression()
                return UNKNOWN
            if token.text in _OPENS_BODY:
                self.at -= 1
                self.branch()
                return UNKNOWN
            return self.call(token, None)
        self.at -= 1
        return UNKNOWN

    def string(self, token: Token) -> Value:
        parts = list(token.parts)
        while self.peek().kind == "string" and self.peek().spaced:
            parts.extend(self.next().parts)
        if all(isinstance(part, str) for part in parts):
            return "".join(part for part in parts if isinstance(part, str))
        return Text(tuple(parts))

    def sign(self, token: Token) -> Value:
        if token.text == "[":
            args, _ = self.arguments("]")
            return args
        if token.text == "{":
            _, kwargs = self.arguments("}")
            return kwargs
        if token.text == "(":
            self.skip_newlines()
            found = self.expression()
            while self.peek().kind != "end" and not self.is_op(")"):
                self.at += 1
            self.at += 1
            return found
        if token.text == "-" and self.peek().kind == "number":
            return -number(self.next().text)
        if token.text == "->":
            return self.proc(token)
        if token.text in ("*", "&", "**", "!", "~", "::"):
            inner = self.expression()
            return inner if token.text in ("*", "**") and isinstance(inner, list | dict) else UNKNOWN
        self.at -= 1
        return UNKNOWN

    def proc(self, token: Token) -> Call:
        """`-> (x) { ... }`, as a call of lambda with a block."""
        if self.is_op("("):
            self.skip_bracket()
        params, block = self.block() or ((), ())
        return Call("lambda", token.line, params=params, block=block)

    def postfix(self, found: Value) -> Value:
        """What is called on a value: `.name(args) { block }`, also at the beginning of the next line."""
        while True:
            ahead = 0
            while self.peek(ahead).kind == "newline":
                ahead += 1
            if (
                self.peek(ahead).kind == "op"
                and self.peek(ahead).text in (".", "&.")
                and self.peek(ahead + 1).kind in ("name", "label")
            ):
                self.at += ahead + 1
                token = self.next()
                if token.kind == "label":  # a.b ? c.d: e
                    return UNKNOWN
                found = self.call(token, found)
            elif self.is_op("[") and not self.peek().spaced:
                self.at += 1
                args, _ = self.arguments("]")
                found = Call("[]", self.peek().line, found, tuple(args))
            else:
                return found

    def call(self, token: Token, receiver: Value) -> Call:
        args: list[Value] = []
        kwargs: dict[str, Value] = {}
        if self.is_op("(") and not self.peek().spaced:
            self.at += 1
            args, kwargs = self.arguments(")")
        elif self.begins_argument():
            args, kwargs = self.arguments("")
        params, block = self.block() or ((), None)
        return Call(token.text, token.line, receiver, tuple(args), kwargs, params, block)

    def begins_argument(self) -> bool:
        token, after = self.peek(), self.peek(1)
        if token.kind in ("string", "symbol", "label", "number", "words"):
            return token.spaced
        if token.kind == "name":
            return token.spaced and token.text not in _NO_ARGUMENT
        if token.kind == "op" and token.spaced and not after.spaced:
            return token.text in ("[", "->", "*", "&", "-", "::", "**", "!", "(") and after.kind not in (
                "newline",
            )
        return token.kind == "op" and token.text == "->"

    def arguments(self, close: str) -> tuple[list[Value], dict[str, Value]]:
        """Arguments up to the closing bracket, which is stepped over, or to the line's end for a command's."""
        args: list[Value] = []
        kwargs: dict[str, Value] = {}
        while True:
            if close:
                self.skip_newlines()
            if (close and self.is_op(close)) or self.peek().kind == "end":
                break
            before = self.at
            self.argument(args, kwargs)
            if close:
                self.skip_newlines()
            if self.is_op(","):
                self.at += 1
                self.skip_newlines()
            elif not close or self.is_op(close):
                break
            elif self.at == before:
                self.at += 1
        if close:
            self.at += 1
        return args, kwargs

    def argument(self, args: list[Value], kwargs: dict[str, Value]) -> None:
        token = self.peek()
        if token.kind == "label":
            self.at += 1
            self.skip_newlines()
            kwargs[token.text] = (
                Call(token.text, token.line) if self.is_op(",", ")", "}") else self.expression()
            )
            return
        found = self.expression()
        if self.is_op("=>"):
            self.at += 1
            self.skip_newlines()
            if isinstance(found, str | int):
                kwargs[str(found)] = self.expression()
            else:
                self.expression()
        else:
            args.append(found)

    def block(self) -> tuple[tuple[str, ...], tuple[Node, ...]] | None:
        if self.is_word("do"):
            self.at += 1
            return self.params(), tuple(self.sections())
        if self.is_op("{") and self.peek().spaced:
            self.at += 1
            params = self.params()
            nodes = tuple(self.body(frozenset({"}"})))
            self.at += 1
            return params, nodes
        return None

    def params(self) -> tuple[str, ...]:
        if not self.is_op("|"):
            return ()
        self.at += 1
        names: list[str] = []
        while self.peek().kind != "end" and not self.is_op("|"):
            token = self.next()
            if token.kind == "name":
                names.append(token.text)
        self.at += 1
        return tuple(names)
