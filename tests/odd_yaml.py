"""Texts that are no plain YAML: for the parser, for skeletons, for configurations and for options."""

_TIMES = 9  # each level repeats the one before so often: 9 ** 11 values
ALIAS_BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * _TIMES)}]\n" for level in range(1, 12)
)
MERGE_BOMB = "a0: &a0 {k: v}\n" + "".join(
    f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * _TIMES)}]}}\n"
    for level in range(1, 12)
)
TOO_LARGE = {
    "alias bomb": ALIAS_BOMB,
    "merge bomb": MERGE_BOMB,
    "brackets": "[" * 20_000,
    "closed brackets": "[" * 100_000 + "]" * 100_000,  # libyaml overflows the stack of C
    "braces": "{" * 20_000,
    "dashes": "- " * 20_000,
    "question marks": "? " * 20_000,
    "steps": "\n".join(f"{' ' * depth}a:" for depth in range(2_000)),
    "a list in itself": "&a [*a]",
    "a mapping in itself": "&a {b: *a}",
    "digits": "9" * 5_000,
    "hexadecimal": "0x" + "f" * 500_000,
    "sexagesimal": "1:" * 100_000 + "1",
    "long": "[" + "x," * 260_000,
}
ODD = {
    "no day": "2020-02-30",
    "no time": "!!timestamp x",
    "no boolean": "!!bool x",
    "no number": "!!int x",
    "no binary digit": "0b_",
    "ordered map": "!!omap [a]",
    "a list as key": "{[a]: b}",
    "null byte": "a\0b",
    "surrogate": "a\udc80b",
    "no such anchor": "*a",
    "two documents": "--- a\n--- b",
    "open quote": "'a",
    "tab": "\t- a",
    "tag of python": "!!python/object/apply:os.getcwd []",
}
# Values of YAML that are none of an option or a name.
VALUES = {
    "day": "2020-01-01",
    "infinite": ".inf",
    "not a number": ".nan",
    "bytes": "!!binary aGVsbG8=",
    "set": "!!set {a, b}",
    "mapping": "{a: b}",
    "list": "[[a, 1], {}]",
    "null": "~",
    "large": "1e999",
    "whole": "1180591620717411303424",
    "control": '"\\e[2J"',
}
