"""Character classes of .NET's regular expressions, `[a-z]`, with its subtraction `[a-z-[aeiou]]`."""

import re

from provisor.expressions.dotnet.escapes import PatternFault, read_escape

_SUBTRACTIONS_MAX = 5


class ClassScanner:
    """Reads the class that begins at `position`; afterwards `position` is where it ended."""

    def __init__(self, text: str, position: int, level: int = 0) -> None:
        self.text = text
        self.start = position
        self.position = position + 1
        self.level = level

    def translate(self) -> str:
        """The class for the package. Raises `PatternFault`."""
        if self.level > _SUBTRACTIONS_MAX:
            raise PatternFault(f"classes are subtracted more than {_SUBTRACTIONS_MAX} deep.")
        parts: list[str] = []
        negation = "^" if self.text.startswith("^", self.position) else ""
        self.position += len(negation)
        is_first = True
        while True:
            char = self._peek()
            if char == "]" and not is_first:
                self.position += 1
                return f"[{negation}{''.join(parts)}]"
            if char == "-" and self.text.startswith("-[", self.position) and not is_first:
                return self._subtract(f"[{negation}{''.join(parts)}]")
            parts.append(self._member(char))
            is_first = False

    def skip(self) -> int:
        """Where the class ends, without its translation; the end of the text where it does not."""
        try:
            self.translate()
        except PatternFault:
            return len(self.text)
        return self.position

    def _peek(self) -> str:
        if self.position >= len(self.text):
            raise PatternFault(f"the class opened at character {self.start + 1} of the pattern is not closed.")
        return self.text[self.position]

    def _member(self, char: str) -> str:
        if char == "\\":
            translated, self.position = read_escape(self.text, self.position, in_class=True)
            return translated
        is_range = char == "-" and self.text[self.position + 1 : self.position + 2] != "]"
        self.position += 1
        # A hyphen between two characters makes a range; everything else stands for itself.
        return "-" if is_range else re.escape(char)

    def _subtract(self, whole: str) -> str:
        inner = ClassScanner(self.text, self.position + 1, self.level + 1)
        excluded = inner.translate()
        self.position = inner.position
        if self._peek() != "]":
            raise PatternFault("a subtracted class must be the last thing in its class.")
        self.position += 1
        return f"(?:(?!{excluded}){whole})"
