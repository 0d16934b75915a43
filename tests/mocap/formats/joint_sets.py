"""Bodies of joints near the markers of the synthetic dancer, in the order of other joint sets."""

import numpy as np

from mariel_gnn.mocap.skeletons.loading import load_skeleton

MARIEL = load_skeleton("mariel53")
# Joints of other sets, as weights of mariel53's markers; `?` is L or R.
NEAR = {
    "shoulder": "?FSH ?BSH", "collar": "CLAV C7 ?FSH ?BSH", "elbow": "?ELB ?IEL", "wrist": "?IWR ?OWR",
    "hip": "?FWT ?BWT ?THI", "knee": "?KNE ?KNI", "ankle": "?ANK", "foot": "?MT1 ?MT5", "heel": "?HEL",
    "foot_index": "?TOE", "pinky": "?OHAND", "index": "?IHAND", "thumb": "?IHAND ?IWR",
    "eye": "?FHD ?FHD ?FHD CLAV", "ear": "?FHD ?BHD ?FHD ?BHD CLAV",
    "eye_inner": "?FHD ?FHD LFHD RFHD CLAV",
    "eye_outer": "?FHD ?FHD ?BHD CLAV", "mouth": "?FHD LFHD RFHD CLAV CLAV",
    "nose": "LFHD RFHD LFHD RFHD CLAV",
    "head": "LFHD RFHD LBHD RBHD", "neck": "C7 CLAV", "pelvis": "LFWT RFWT LBWT RBWT",
    "spine1": "LFWT RFWT LBWT RBWT T10", "spine2": "LFWT RBWT T10 STRN", "spine3": "T10 STRN",
    "spine": "LFWT RBWT T10 STRN", "top": "ARIEL",
}  # fmt: skip


def joints(dance, names) -> np.ndarray:
    """Joints near the markers, `[T, J, C]`, z up."""
    columns = []
    for name in names:
        side = "L" if "left" in name else "R"
        joint = "_".join(word for word in name.split("_") if word not in ("left", "right"))
        near = [MARIEL.markers.index(each.replace("?", side)) for each in NEAR[joint].split()]
        columns.append(dance[:, near].mean(axis=1))
    return np.stack(columns, axis=1)


def notes_of(read) -> str:
    return " ".join(" ".join(read.notes).split())
