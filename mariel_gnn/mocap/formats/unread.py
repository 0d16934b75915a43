"""Common files without a reader or a writer, and what to do instead."""

from __future__ import annotations

_BLENDER = "in Blender, import it and export File > Export > Motion Capture (.bvh)"
_UNPACK = "unpack it and give the files inside"
_PICKLE = "opening one can run code; save its positions with numpy.savez as .npz"
_VIDEO = (
    "a video has no positions; estimate them (FreeMoCap, MediaPipe) and give their .npy or .csv"
)
_SCENE = "export the animated skeleton from that program as .bvh"

EXPORT_INSTEAD: dict[str, str] = {
    ".fbx": _BLENDER,
    ".glb": f"they are only written; {_BLENDER}",
    ".gltf": _BLENDER,
    ".dae": _BLENDER,
    ".blend": _SCENE,
    ".ma": _SCENE,
    ".mb": _SCENE,
    ".usd": _BLENDER,
    ".amc": "give the same take as .bvh (experiments.download cmu has those of the CMU database)",
    ".asf": "it is a skeleton without motion; give the take as .bvh",
    ".vsk": "it is a Vicon skeleton without motion; export the take as .c3d",
    ".mcp": "in Vicon Shogun, export the take as .c3d",
    ".x1d": "it has camera data; label the take in Vicon and export it as .c3d",
    ".x2d": "it has camera data; label the take in Vicon and export it as .c3d",
    ".tak": "in Motive, export the take: File > Export Tracking Data, as .csv, .c3d or .bvh",
    ".qtm": "in Qualisys Track Manager, export the take: File > Export, To TSV or To C3D",
    ".mvn": "in Xsens MVN, export the take: File > Export, as .mvnx",
    ".trb": "export the take as .trc",
    ".mot": "it has joint angles of a model; give the markers as .trc",
    ".sto": "it has joint angles of a model; give the markers as .trc",
    ".mat": "export .tsv or .c3d instead, or save its positions with numpy.savez as .npz",
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
    ".pt": _PICKLE,
    ".pth": _PICKLE,
    ".json": "its layout is not fixed; save its positions with numpy.savez as .npz",
    ".h5": "save its positions with numpy.savez as .npz",
    ".hdf5": "save its positions with numpy.savez as .npz",
    ".xlsx": "save the sheet as .csv",
    ".xls": "save the sheet as .csv",
    ".ods": "save the sheet as .csv",
    ".zip": _UNPACK,
    ".gz": _UNPACK,
    ".tar": _UNPACK,
    ".7z": _UNPACK,
    ".rar": _UNPACK,
    ".mp4": _VIDEO,
    ".mov": _VIDEO,
    ".avi": _VIDEO,
}

WRITE_INSTEAD: dict[str, str] = {
    ".fbx": "write .glb or .bvh, and export FBX from Blender",
    ".gltf": "write .glb, which is glTF in one file",
    ".mvnx": "write .bvh, .c3d or .csv",
}
