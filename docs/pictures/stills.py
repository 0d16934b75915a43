"""Draw `stills.png`: a test phrase of the synthetic dancer, its reconstruction, and a new phrase.

python -m experiments.run --model gnn_vae --name first
python docs/pictures/stills.py runs/first
"""

import json
import sys
from pathlib import Path

from PIL import Image

import mariel_gnn
from mariel_gnn.data import MarielDataset
from mariel_gnn.viz.stills import save_stills

PHRASE = 3  # of the first test recording: it walks, reaches and stands

run, picture = Path(sys.argv[1]), Path(__file__).with_name("stills.png")
model = mariel_gnn.load(run)
test = json.loads((run / "split.json").read_text(encoding="utf-8"))["test"]
windows = MarielDataset(test[0]["source"], no_overlap=True, predicted_timesteps=0)
phrase = windows.positions_m([PHRASE])
rows = {
    "a test phrase, not used in training": phrase[0].numpy(),
    "its reconstruction from 256 numbers": model.reconstruct(phrase)[0].numpy(),
    "a new phrase, sampled from the model": model.sample(1, seed=0)[0].numpy(),
}
title = "The GNN-VAE on the synthetic dancer"
save_stills(rows, model.skeleton, picture, title, frames=9, rate_hz=windows.rate_hz)
# A palette of 64 colours keeps the file small.
Image.open(picture).convert("RGB").quantize(64).save(picture, optimize=True)
