"""The option parser of all commands, and one-line messages for a user's mistakes.

This file imports no model, so commands without a model start quickly.
"""

from __future__ import annotations

import codecs
import io
import re
import signal
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, NoReturn, TypeVar, cast, get_args

import yaml
from jsonargparse import ArgumentParser, get_loader, set_loader

from experiments import complain, stop_loading
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.parsing import BAD_VALUE, ParseError, TooLargeError, check_yaml

Options = TypeVar("Options")
MAX_MESSAGE = 2000  # characters of an error


def guarded(main: Callable[[Sequence[str]], None]) -> None:
    """Run a command; a user's mistake gives one line on stderr and exit status 2."""
    _print_what_the_terminal_can()
    if signal.getsignal(signal.SIGINT) is stop_loading:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        complain("stopped")
        raise SystemExit(130) from None
    except (UserError, OSError) as error:
        complain(f"error: {one_line(error)}")
        raise SystemExit(2) from None


def one_line(error: UserError | OSError) -> str:
    """Describe a mistake, or a file that cannot be read or written, in one line.

    What it quotes of a file or an option may be of any length: a message is cut in its middle, as it ends
    with what to do.
    """
    text = printable(_described(error)).replace("\n", "\\n")
    half = MAX_MESSAGE // 2
    return text if len(text) <= MAX_MESSAGE else f"{text[:half]} … {text[-half:]}"


def _described(error: UserError | OSError) -> str:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{error.filename}: a file stands where a folder is needed"
    return f"{error.filename or 'writing'}: {error.strerror or error}"  # disk full, no permission


_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code != 0x0A}
_DIRECTION = {
    code: f"\\u{code:04x}"
    for code in (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}


def printable(text: str) -> str:
    """Escape what a terminal would carry out, not print: a file's names may hold control sequences.

    Line feeds stay; characters that change the direction of a line are escaped too.
    """
    return text.translate(_CONTROL | _DIRECTION)


_ASCII = str.maketrans({"–": "-", "−": "-", "→": "->", "×": "x", "·": ".", "≤": "<=", "≥": ">="})


def _print_what_the_terminal_can() -> None:
    """Print similar characters in place of those that the terminal's encoding lacks."""
    codecs.register_error("similar", _similar)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="similar")


def _similar(error: UnicodeError) -> tuple[str, int]:
    """ASCII in place of what cannot be encoded: three dots for an ellipsis, `?` for a letter.

    No letter becomes another one: it may be of a file's name.
    """
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end].translate(_ASCII)
    text = "".join(each if each.isalpha() else unicodedata.normalize("NFKD", each) for each in text)
    return "".join(each if each.isascii() else "?" for each in text), error.end


def options_of(kind: type[Options], values: Any) -> Options:
    """Build a dataclass of options from the parsed values."""
    return kind(**{item.name: values[item.name] for item in fields(cast(Any, kind))})


class Parser(ArgumentParser):
    """A parser with error messages of one line, with the nearest match."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        set_loader("yaml", _load_checked, (ParseError,))
        super().__init__(*arguments, **named)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise a `UserError`."""
        raise UserError(_one_line(message, self.names())) from None

    def parse_args(self, arguments: Sequence[str], **named: Any) -> Any:  # type: ignore[override]
        """Parse the command line.

        Raises:
            UserError: an option is unknown or has an unusable value.
        """
        for argument in arguments:
            _check_size(argument)
        try:
            values = super().parse_args(arguments, **named)
            self._refuse_null(values)
            return values
        except (UserError, SystemExit):
            raise
        except Exception as error:  # jsonargparse expects no other errors of YAML than YAMLError
            why = f"{type(error).__name__}: {error}"
            raise UserError(f"an option has an unusable value ({why}): see --help") from error

    def _refuse_null(self, values: Any) -> None:
        """Refuse null where the type has none: the parser takes it from a file for any type.

        Raises:
            UserError: names the option.
        """
        for action in self._actions:
            kind = getattr(action, "_typehint", None)
            may_be_null = kind is None or action.default is None or type(None) in get_args(kind)
            if not may_be_null and values.get(action.dest) is None:
                raise UserError(
                    f"{action.dest} is null; it must be given: leave it out for its default"
                )

    def names(self) -> list[str]:
        """Return all options, with their dashes."""
        return [
            option
            for action in self._actions
            for option in action.option_strings
            if option.startswith("--")
        ]


_load_option = get_loader("yaml")


def _load_checked(text: str) -> Any:
    """Parse an option, or a file of options: the C stack of libyaml overflows on deep nesting."""
    check_yaml(text)
    try:
        return _load_option(text)
    except (yaml.YAMLError, *BAD_VALUE) as error:
        raise ParseError(str(error)) from error


def _check_size(argument: str) -> None:
    """Refuse what is too large for a value; any other text may be one, as a name is no YAML."""
    name, _, value = argument.partition("=")
    try:
        check_yaml(value if name.startswith("--") else argument)
    except TooLargeError as error:
        raise UserError(f"{name[:40]}: {error}") from error
    except ParseError:
        pass


def _one_line(message: str, options: Sequence[str]) -> str:
    """Convert jsonargparse's message to one line."""
    if found := re.search(r"[Uu]nrecognized arguments: (\S+)", message):
        return _unknown_option(found[1].partition("=")[0], options)
    if found := re.search(r"Group '(\S+)' does not accept (?:option|nested key) '(\S+)'", message):
        return _unknown_option(f"--{found[1]}.{found[2]}", options)
    if found := re.search(r"Parser key \"(\S+)\":(.*)", message, re.DOTALL):
        return f"{found[1]}: {_wrong_value(found[2])}"
    return " ".join(message.split())


def _unknown_option(name: str, options: Sequence[str]) -> str:
    """Name the nearest option of the same group, or all options of that group."""
    if not name.startswith("-"):
        return (
            f"'{name}' is not expected there: files and names come first, then options. See --help"
        )
    group, dot, own = name.rpartition(".")
    siblings = [option.rpartition(".")[2] for option in options if option.startswith(f"{group}.")]
    if not dot or not siblings:
        return f"unknown option {name}.{nearest_match(name, options)} See --help"
    hint = nearest_match(own, siblings) or f" There are {', '.join(sorted(set(siblings)))}."
    return f"unknown option {name}.{hint} See --help"


def _wrong_value(message: str) -> str:
    """Describe a value of the wrong type."""
    text = " ".join(message.split())
    given = re.search(r"(?:Got value|Given value): (.*)$", text)
    choices = re.search(r"Literal\[(.*?)\]", text)
    if given and choices:
        allowed = [choice.strip(" '\"") for choice in choices[1].split(",")]
        return f"'{given[1]}' is none of {', '.join(allowed)}.{nearest_match(given[1], allowed)}".rstrip(
            "."
        )
    kinds = re.findall(r"Expected an? <class '(\w+)'>", text)
    if given and kinds:
        words = {
            "int": "a whole number",
            "float": "a number",
            "bool": "true or false",
            "str": "text",
            "list": "a list such as [64,128]",
            "tuple": "a list such as [64,128]",
            "NoneType": "null",
        }
        return (
            f"expected {' or '.join(words.get(kind, kind) for kind in kinds)}, found '{given[1]}'"
        )
    return text
