"""What all tests of commands need."""

import sys

import pytest

from experiments.command_line import guarded


@pytest.fixture
def told(capsys, monkeypatch):
    """What a command says of a mistake and its exit status: `told(command, *arguments)`."""

    def tell(command, *arguments):
        monkeypatch.setattr(sys, "argv", [command.__name__, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            guarded(command.main)
        return capsys.readouterr().err.strip(), ended.value.code

    return tell
