"""The W&B workspace is built and serialised without a network, and has what the layout says."""

import json
import sys

import pytest

from experiments import dashboard as command
from mariel_gnn.tracking import dashboard


@pytest.fixture
def without_login(tmp_path, monkeypatch):
    """Hides the API key of the user."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)


def keys_of(panel):
    config = panel["config"]
    return tuple(config.get("metrics") or config.get("mediaKeys"))


def test_the_specification_has_the_sections_panels_and_keys(tmp_path, run_command):
    pytest.importorskip("wandb_workspaces")
    said, code = run_command(command, "her", "--project", "dance", "--out", tmp_path / "spec.json")
    assert (code, said) == (0, f"specification: {tmp_path / 'spec.json'}")
    spec = json.loads((tmp_path / "spec.json").read_text())
    sections = spec["section"]["panelBankConfig"]["sections"]
    found = {one["name"]: [keys_of(panel) for panel in one["panels"]] for one in sections}
    assert found == {
        name: [panel.keys for panel in panels] for name, panels in dashboard.SECTIONS.items()
    }
    lines = sections[0]["panels"][0]
    assert (lines["viewType"], lines["config"]["xAxis"]) == ("Run History Line Plot", "_step")


def test_without_a_login_one_line_says_what_to_do(without_login, run_command):
    pytest.importorskip("wandb_workspaces")
    said, code = run_command(command, "her")
    assert code == 2
    assert "wandb login" in said
    assert "\n" not in said


def test_without_the_library_one_line_says_what_to_install(monkeypatch, run_command):
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    monkeypatch.setitem(sys.modules, "wandb_workspaces.workspaces", None)
    said, code = run_command(command, "her")
    assert (code, "mariel_gnn[dashboard]" in said) == (2, True)
    assert "\n" not in said
