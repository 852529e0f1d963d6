"""Takes an address list apart at its commas, quotes, comments and brackets. Linear."""

import re
from collections.abc import Iterator

_OUTSIDE = re.compile(r'[^",;:(<]+')
_INSIDE = re.compile(r'[^">(]+')
_TO_THE_NEXT = re.compile(r'[^",;(<>]+')
_OPENING = re.compile("<+")
_CLOSING = re.compile(">+")
_MARKS = re.compile(r"^[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]+")
_MARKS_AT_END = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]+$")
_ROUTE = re.compile(r"(?:@[^:@<>]*)+:")
_SCHEME = re.compile(r"(?i)(?:url:)?mailto:")
_HALF_BRACKETS = re.compile(r"[][()<>:\\]|@[^@]*@")


class Part:
    """One comma-separated element, as it is being read."""

    def __init__(self) -> None:
        self.outside: list[str] = []
        """Quoted strings with their quotes, and what stands between them."""
        self.comments: list[str] = []
        self.inside: list[str] | None = None
        """The same of what stands between angle brackets."""
        self.brackets = 0
        self.unclosed = False
        self._at_sign = False

    def add(self, text: str) -> None:
        self.outside.append(text)
        self._at_sign = self._at_sign or "@" in text

    def handle(self) -> str:
        """The one mailbox that it names; "" where it names none, or more than one."""
        if self.brackets > 1 or (self.unclosed and self.brackets == 0):
            return ""
        if self.inside is not None:
            tokens = _tokens(self.inside)
            return _bare(tokens[0]) if len(tokens) == 1 and not self._is_torn() else ""
        named = [token for token in _tokens(self.outside) if "@" in _plain(token)]
        return _bare(named[0]) if len(named) == 1 else ""

    def name(self) -> str:
        """What stands beside the mailbox; where nothing does, the comments."""
        words = self.words()
        if self.inside is None:
            tokens = _tokens(self.outside)
            words = " ".join(unquoted("".join(one)) for one in tokens if "@" not in _plain(one))
        return words or " ".join(self.comments)

    def words(self) -> str:
        """What stands outside angle brackets, quoted strings unquoted."""
        return " ".join("".join(unquoted(text) for text in self.outside).split())

    def is_group_name(self) -> bool:
        """Whether a colon after it begins a group, and no address."""
        return self.inside is None and not self._at_sign

    def _is_torn(self) -> bool:
        """Whether a second address is beside it among brackets that do not match.

        Which of the two is meant, nobody can tell: mail programs differ.
        """
        plain = _plain(self.outside)
        return "@" in plain and _HALF_BRACKETS.search(plain) is not None


def unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _plain(pieces: list[str]) -> str:
    return " ".join(piece for piece in pieces if not piece.startswith('"'))


def _tokens(pieces: list[str]) -> list[list[str]]:
    """Words, in pieces. Dots and at signs hold together what stands on both sides of them."""
    tokens: list[list[str]] = []
    apart = True
    for piece in pieces:
        quoted = piece.startswith('"')
        words = [piece] if quoted else piece.split()
        apart = apart or (not quoted and piece[0].isspace())
        for word in words:
            if tokens and (
                not apart or tokens[-1][-1].endswith((".", "@")) or word.startswith((".", "@"))
            ):
                tokens[-1].append(word)
            else:
                tokens.append([word])
            apart = True
        apart = not quoted and piece[-1].isspace()
    return tokens


def _bare(token: list[str]) -> str:
    """A mailbox without what is put before and after it by mistake."""
    text = _MARKS_AT_END.sub("", _MARKS.sub("", "".join(token)))
    if found := _SCHEME.match(text) or _ROUTE.match(text):
        text = text[found.end() :]
    if len(text) > 1 and text.startswith("'") and text.endswith("'"):
        text = text[1:-1]
    return text.removesuffix(".")


class Scanner:
    """Walks an address list once, character by character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._last_quote = text.rfind('"')
        self._last_bracket = text.rfind(">")

    def parts(self) -> Iterator[Part]:
        part = Part()
        while self._at < len(self._text):
            character = self._text[self._at]
            if character in ",;":
                self._at += 1
                yield part
                part = Part()
            elif character == ":" and part.is_group_name():
                self._at += 1
                part = Part()
            else:
                self._take(character, part)
        yield part

    def _take(self, character: str, part: Part) -> None:
        if character == '"':
            part.outside += self._quoted_string()
        elif character == "(":
            part.add(" ")
            self._comment(part)
        elif character == "<":
            part.inside = self._angle(part)
        else:
            part.add(self._run(_OUTSIDE))

    def _run(self, pattern: re.Pattern[str]) -> str:
        """This character, and those after it that begin nothing else."""
        found = pattern.match(self._text, self._at)
        end = found.end() if found else self._at + 1
        text = self._text[self._at : end]
        self._at = end
        return text

    def _quoted_string(self) -> list[str]:
        """A quoted string; nothing for a quotation mark that none follows."""
        start = self._at
        self._at += 1
        if start >= self._last_quote:
            return []
        while self._at < len(self._text) and self._text[self._at] != '"':
            self._at += 2 if self._text[self._at] == "\\" else 1
        if self._at >= len(self._text):
            self._at, self._last_quote = start + 1, start
            return []
        self._at += 1
        return [self._text[start : self._at]]

    def _comment(self, part: Part) -> None:
        """Nested as deep as it likes: counted, not recursed into."""
        start, depth = self._at + 1, 0
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 2 if character == "\\" else 1
            depth += (character == "(") - (character == ")")
            if depth == 0:
                part.comments.append(self._text[start : self._at - 1])
                return
        part.unclosed = True

    def _angle(self, part: Part) -> list[str]:
        """What stands between angle brackets, its comments left out; all of it, if unclosed."""
        opened = len(self._run(_OPENING))
        closed = self._at <= self._last_bracket
        out: list[str] = []
        while self._at < len(self._text) and self._text[self._at] != ">":
            character = self._text[self._at]
            if not closed and character in ",;":
                break
            if character == '"':
                out += self._quoted_string()
            elif character == "(":
                self._comment(part)
            else:
                out.append(self._run(_INSIDE if closed else _TO_THE_NEXT))
        ends = len(self._run(_CLOSING)) if closed and self._at < len(self._text) else 1
        part.brackets += 1 if ends == opened else 2
        return out
