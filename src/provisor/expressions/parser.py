"""Tokens to a tree: the grammar of mapping spec §2.2, by recursive descent with bounded depth.

Any text gives a tree or an `ExpressionFault`; names of functions and words are judged later, by `checking`.
"""

from provisor.expressions.choices import NESTING_MAX
from provisor.expressions.faults import ExpressionFault, Fault
from provisor.expressions.lexing import Token, TokenKind, tokenize
from provisor.expressions.nodes import Attribute, Call, Comparison, Constant, Node, Word

_LOGICAL = {
    "and": 'there is no "and"; nest a second IIF in the true branch.',
    "or": 'there is no "or"; nest a second IIF in the false branch.',
    "not": "there is no operator `not`; use the function Not, or exchange the branches of IIF.",
}


def parse(text: str) -> Node:
    """The tree of an expression. Raises `ExpressionFault`, a `Reject` with the position, and nothing else."""
    reader = _Reader(text)
    node = reader.comparison(0)
    reader.expect_end()
    return node


def parse_or_none(text: str) -> Node | None:
    """The tree of an expression; None where it cannot be parsed, for callers that leave the fault to others."""
    try:
        return parse(text)
    except ExpressionFault:
        return None


class _Reader:
    """Walks the tokens once, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0

    def peek(self) -> Token:
        return self.tokens[self.index]

    def fault(self, token: Token, message: str) -> ExpressionFault:
        return ExpressionFault(self.text, [Fault(token.position, message)])

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def comparison(self, level: int) -> Node:
        left = self.primary(level)
        if self.peek().kind is not TokenKind.OPERATOR:
            return left
        operator = self.take()
        if self.peek().kind is TokenKind.OPERATOR:
            raise self.fault(self.peek(), "`not equal` is written `<>`, the others `>=` and `<=`.")
        right = self.primary(level)
        if self.peek().kind is TokenKind.OPERATOR:
            raise self.fault(self.peek(), "only one comparison is possible here; nest a second IIF.")
        return Comparison(left, operator.text, right, operator.position)

    def primary(self, level: int) -> Node:
        token = self.peek()
        match token.kind:
            case TokenKind.ATTRIBUTE:
                self.take()
                return Attribute(token.text, token.position)
            case TokenKind.STRING:
                self.take()
                return Constant(token.text, token.position)
            case TokenKind.NUMBER:
                self.take()
                return Constant(token.number, token.position)
            case TokenKind.NAME:
                self.take()
                if self.peek().kind is TokenKind.OPEN:
                    return self.call(token, level + 1)
                return Word(token.text, token.position)
            case _:
                raise self.fault(token, self._explain_missing_value(token))

    def call(self, name: Token, level: int) -> Call:
        if level > NESTING_MAX:
            raise self.fault(name, f"functions are nested more than {NESTING_MAX} deep.")
        opening = self.take()
        arguments: list[Node | None] = []
        while True:
            if self.peek().kind in (TokenKind.COMMA, TokenKind.CLOSE):
                arguments.append(None)
            elif self.peek().kind is TokenKind.END:
                raise self.fault(opening, f"this bracket of `{name.text}` is never closed; add a `)`.")
            else:
                arguments.append(self.comparison(level))
            following = self.peek()
            if following.kind is TokenKind.CLOSE:
                self.take()
                return Call(name.text, tuple(arguments), name.position)
            if following.kind is TokenKind.END:
                raise self.fault(opening, f"this bracket of `{name.text}` is never closed; add a `)`.")
            if following.kind is not TokenKind.COMMA:
                raise self.fault(following, self._explain_extra(following))
            self.take()

    def expect_end(self) -> None:
        token = self.peek()
        if token.kind is not TokenKind.END:
            raise self.fault(token, self._explain_extra(token))

    def _explain_missing_value(self, token: Token) -> str:
        if token.kind is TokenKind.END and self.index == 0:
            return "the expression is empty; write a function such as `ToLower([mail])`, or an attribute `[mail]`."
        if token.kind is TokenKind.END:
            return "the expression ends where a value is expected."
        if token.kind is TokenKind.OPEN:
            return "brackets only follow the name of a function; they do not group."
        return f"`{token.text}` stands where a value is expected."

    def _explain_extra(self, token: Token) -> str:
        if token.kind is TokenKind.ATTRIBUTE and token.text.strip().isdigit():
            return "values are not picked with `[...]`; use Item, which counts from 1, or Word."
        if token.kind is TokenKind.NAME and token.text.lower() in _LOGICAL:
            return _LOGICAL[token.text.lower()]
        if token.kind is TokenKind.CLOSE:
            return "this `)` closes nothing."
        if token.kind is TokenKind.COMMA:
            return "this comma stands outside the brackets of a function."
        if token.kind is TokenKind.NUMBER and token.text.startswith("-"):
            return "there is no arithmetic; a comma is missing before this number, or it is to be left out."
        shown = f"`{token.text[:40]}`" if token.text else "this"
        return f"{shown} follows a finished value; a comma or an operator is missing before it."
