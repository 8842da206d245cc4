"""Model folders that are broken or made to harm, by what is wrong with them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from classifier.model.bundle import CONFIG_NAME, WEIGHTS_NAME

__all__ = ["BROKEN", "CANARY", "SPOILT", "break_folder"]

CANARY = "canary.raw"
"""A file that some of the folders try to have read; it lies beside them, not inside."""


def break_folder(folder: Path, break_it: Callable[[Path], None]) -> Path:
    """Break a model folder, and make its description name the digest of what was made of it."""
    (folder.parent / CANARY).write_bytes(bytes(range(256)) * 200)
    break_it(folder)
    weights, described = folder / WEIGHTS_NAME, folder / CONFIG_NAME
    if _is_plain(weights) and _is_plain(described):
        text = described.read_text(encoding="utf-8")
        # Whoever makes such a folder also sees to its digest.
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        text = re.sub(r'"weights_sha256": "[0-9a-f]*"', f'"weights_sha256": "{digest}"', text)
        described.write_text(text, encoding="utf-8")
    return folder


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 30


def _in_weights(change: Callable[[h5py.File], None]) -> Callable[[Path], None]:
    def break_it(folder: Path) -> None:
        with h5py.File(folder / WEIGHTS_NAME, "r+") as file:
            change(file)

    return break_it


def _instead(name: str, put: Callable[[h5py.File, str], None]) -> Callable[[Path], None]:
    """Take a weight away and put something else in its place."""

    def change(file: h5py.File) -> None:
        del file[name]
        put(file, name)

    return _in_weights(change)


def _set(name: str, value: float) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        file[name][...] = value

    return _in_weights(change)


def _canary(file: h5py.File) -> Path:
    return Path(file.filename).parent.parent / CANARY


def _external(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (3,), "float32", external=[(str(_canary(file)), 0, 12)])


def _link_outside(file: h5py.File, name: str) -> None:
    file[name] = h5py.ExternalLink(str(_canary(file)), "/bias")


def _virtual(file: h5py.File, name: str) -> None:
    layout = h5py.VirtualLayout(shape=(3,), dtype="float32")
    layout[...] = h5py.VirtualSource(str(_canary(file)), "bias", shape=(3,))
    file.create_virtual_dataset(name, layout)


def _huge(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (1_000_000, 1_000_000), "float64", chunks=(1000, 1000))


def _never_written(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (2048, 3), "float16")


def _lacking_chunks(file: h5py.File, name: str) -> None:
    node = file.create_dataset(name, (2048, 3), "float16", chunks=(512, 3), compression="gzip")
    node[:512] = 1


def _packed(content: bytes) -> Callable[[h5py.File, str], None]:
    def put(file: h5py.File, name: str) -> None:
        node = file.create_dataset(name, (2048, 3), "float16", chunks=(2048, 3), compression="gzip")
        node.id.write_direct_chunk((0, 0), content)

    return put


def _by_plugin(file: h5py.File, name: str) -> None:
    steps = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    steps.set_chunk((3,))
    steps.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
    kind, space = h5py.h5t.py_create(np.dtype("float32")), h5py.h5s.create_simple((3,))
    h5py.h5d.create(file.id, name.encode(), kind, space, dcpl=steps)


def _put(value: Any) -> Callable[[h5py.File, str], None]:
    def put(file: h5py.File, name: str) -> None:
        file[name] = value

    return put


def _texts(file: h5py.File, name: str) -> None:
    file.create_dataset(name, data=["a", "b", "c"], dtype=h5py.string_dtype())


def _reference(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (3,), dtype=h5py.ref_dtype)


def _odd_floats(file: h5py.File, name: str) -> None:
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_ebias(100)
    h5py.h5d.create(file.id, name.encode(), kind, h5py.h5s.create_simple((3,)))


def _loop(file: h5py.File) -> None:
    file["conv1_bn/again"] = file["/"]


def _crowd(file: h5py.File) -> None:
    group = file.create_group("crowd")
    for k in range(12_000):
        group[f"g{k}"] = file["head"]


def _cut(name: str, share: float) -> Callable[[Path], None]:
    def break_it(folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return break_it


def _described(**changes: Any) -> Callable[[Path], None]:
    def break_it(folder: Path) -> None:
        path = folder / CONFIG_NAME
        content = json.loads(path.read_text(encoding="utf-8")) | changes
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    return break_it


def _pipe(name: str) -> Callable[[Path], None]:
    def break_it(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return break_it


def _link(name: str, target: str) -> Callable[[Path], None]:
    def break_it(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return break_it


def _linked_elsewhere(folder: Path) -> None:
    shutil.move(folder / WEIGHTS_NAME, folder.parent / "elsewhere.h5")
    (folder / WEIGHTS_NAME).symlink_to(folder.parent / "elsewhere.h5")


def _too_large(folder: Path) -> None:
    with (folder / WEIGHTS_NAME).open("r+b") as file:
        file.truncate(8 << 40)


def _whole_model(folder: Path) -> None:
    (folder / WEIGHTS_NAME).write_bytes(b"PK\x03\x04" + b"config.json" * 50)


_HUGE_INTEGER = int("9" * 30)

BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "NaN": (_set("head/bias", np.nan), "the weight head/bias is not finite"),
    "infinite": (_set("conv1_conv/kernel", np.inf), "the weight conv1_conv/kernel is not finite"),
    "weights cut": (_cut(WEIGHTS_NAME, 0.5), "damaged or not HDF5"),
    "weights cut at the end": (_cut(WEIGHTS_NAME, 0.999), "damaged or not HDF5"),
    "weights empty": (_cut(WEIGHTS_NAME, 0), "damaged or not HDF5"),
    "whole model": (_whole_model, "damaged or not HDF5"),
    "description cut": (_cut(CONFIG_NAME, 0.5), "not valid JSON"),
    "seven classes": (
        _instead("head/kernel", _put(np.zeros((2048, 7), np.float16))),
        r"head/kernel has shape \(2048, 7\), the network needs \(2048, 3\)",
    ),
    "two of three classes": (_described(tools=["a", "b"]), r"the network needs \(2048, 2\)"),
    "wrong input size": (
        _described(input_size_px=[17, 19]),
        r"at least 32 x 32 px, got \(17, 19\)",
    ),
    "no image": (_described(input_size_px=[224]), "a height and a width"),
    "huge input size": (_described(input_size_px=[224, _HUGE_INTEGER]), "at most 2048"),
    "grey input": (
        _instead("conv1_conv/kernel", _put(np.zeros((7, 7, 1, 64), np.float16))),
        r"conv1_conv/kernel has shape \(7, 7, 1, 64\), the network needs \(7, 7, 3, 64\)",
    ),
    "a weight missing": (_instead("head/bias", lambda *_: None), "holds no weight head/bias"),
    "a weight too many": (
        _in_weights(lambda file: file.create_dataset("lambda", data=np.zeros(3, np.float32))),
        "holds lambda, which is no weight",
    ),
    "whole numbers": (_instead("head/bias", _put(np.zeros(3, np.int32))), "head/bias is int32"),
    "external storage": (_instead("head/bias", _external), "head/bias is not stored in this file"),
    "external link": (_instead("head/bias", _link_outside), "head/bias is a link"),
    "soft link": (_instead("head/bias", _put(h5py.SoftLink("/conv1_bn/beta"))), "bias is a link"),
    "virtual": (_instead("head/bias", _virtual), "head/bias is not stored in this file"),
    "8 TB claimed": (_instead("head/kernel", _huge), r"has shape \(1000000, 1000000\)"),
    "never written": (_instead("head/kernel", _never_written), "head/kernel was never written"),
    "chunks lacking": (_instead("head/kernel", _lacking_chunks), "head/kernel is not all there"),
    "bomb": (
        _instead("head/kernel", _packed(zlib.compress(bytes(12_000_000), 9))),
        "head/kernel is not as large as it claims",
    ),
    "large chunk": (_instead("head/kernel", _packed(os.urandom(400_000))), "packed in an unknown"),
    "no deflate": (_instead("head/kernel", _packed(os.urandom(4000))), "head/kernel is damaged"),
    "half deflate": (
        _instead("head/kernel", _packed(zlib.compress(bytes(12_288))[:-9])),
        "head/kernel is not as large as it claims",
    ),
    "plug-in": (_instead("head/bias", _by_plugin), "head/bias is packed in an unknown way"),
    "texts": (_instead("head/bias", _texts), "head/bias is not of plain numbers"),
    "references": (_instead("head/bias", _reference), "head/bias is not of plain numbers"),
    "compound": (
        _instead("head/bias", _put(np.zeros(3, [("a", "f4"), ("b", "f4")]))),
        "head/bias is not of plain numbers",
    ),
    "odd floats": (_instead("head/bias", _odd_floats), "head/bias is not of plain numbers"),
    "type": (_instead("head/bias", _put(np.dtype("f4"))), "head/bias is no array"),
    "loop": (_in_weights(_loop), "holds more than any file of weights"),
    "crowd": (_in_weights(_crowd), "holds more than any file of weights"),
    "pipe for weights": (_pipe(WEIGHTS_NAME), "is not a plain file but a pipe"),
    "pipe for a description": (_pipe(CONFIG_NAME), "is not a plain file but a pipe"),
    "link to a device": (_link(WEIGHTS_NAME, "/dev/zero"), "is a link"),
    "link to nowhere": (_link(CONFIG_NAME, "nowhere"), "is a link"),
    "link to other weights": (_linked_elsewhere, "is a link"),
    "8 TB of nothing": (_too_large, "is larger than 256 MiB"),
}
"""What is noticed without a network, and a part of the sentence that says it."""

SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "overflow": (_set("conv1_bn/gamma", 3e38), "numbers that are not finite"),
    "saturated": (_set("head/bias", 1e30), "the same to every picture"),
    "dead": (_set("conv5_block3_3_bn/beta", -1e9), "the same to every picture"),
}
"""Weights that are each finite; only the network's answers tell."""
