"""A small run with its report, for the tests of the page and for those in a browser."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.evaluate import evaluate
from mariel_gnn.evaluation.options import EvaluationOptions
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import GNNVAEOptions
from mariel_gnn.models.weights import Identity
from mariel_gnn.viz.page.report import write_report
from tests.viz.page.chromium import DESKTOP, FLAGS, NAMES, until

FRAMES, RATE_HZ = 32, 35.0
METRICS = (
    "epoch,train/loss_nats,validation/loss_nats,validation/mpjpe_mm\n1,900,1000,\n2,800,900,70.5\n"
)


@pytest.fixture(scope="session")
def run(dance, tmp_path_factory):
    """A run folder with a report, and the arguments of the report."""
    train, test = (
        MarielDataset([Recording(name, part, RATE_HZ, f"/takes/{name}.npy") for name, part in parts],
                      seq_len=FRAMES, stride=8, predicted_timesteps=0)
        for parts in ([("one", dance[:500])], [("two", dance[500:800]), ("three <b>", dance[800:])])
    )  # fmt: skip
    torch.manual_seed(0)
    options = GNNVAEOptions(
        latent_size=16, hidden_size=16, layers=1, frequencies=4, pose_size=16, pair_bounds=False
    )
    identity = Identity("gnn_vae", options, WindowShape(FRAMES, 53, RATE_HZ), train.skeleton)
    network = identity.build(train.normalizer)
    network.before_training(train)
    network.after_training(train)
    model = PhraseModel(network, train.skeleton)
    evaluation = evaluate("gnn_vae", model, train, test, EvaluationOptions(samples=8))
    folder = tmp_path_factory.mktemp("runs") / "run7"
    folder.mkdir()
    (folder / "metrics.csv").write_text(METRICS)
    (folder / "config.yaml").write_text("model: gnn_vae # </script><b>\n")
    (folder / "versions.json").write_text(json.dumps({"git_commit": "abc"}))
    summary = {"training_minutes": 1.0, "epochs": 2}
    report = write_report(folder, model, test, evaluation, "the data", summary, train=train)
    return SimpleNamespace(
        folder=folder, report=report, model=model, test=test, evaluation=evaluation, summary=summary
    )


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright: pip install -e '.[dev]'"
    )
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here to open pages with (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser):
    """Open a file. An error on the console and a network request fail the test at its end."""
    contexts, problems = [], []

    def open_file(path, viewport=DESKTOP, **options):
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        view = context.new_page()
        view.on(
            "console", lambda message: message.type == "error" and problems.append(message.text)
        )
        view.on("pageerror", lambda error: problems.append(str(error)))
        view.on(
            "request",
            lambda request: problems.append(request.url) if request.url != address else None,
        )
        address = Path(path).as_uri()
        view.goto(address)
        until(view, "window.viewer && viewer.shown.figures.length > 0")
        return view

    yield open_file
    for context in contexts:
        context.close()
    assert problems == []
