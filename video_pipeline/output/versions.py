"""Which versions of what took part: of this program, of packages, of the decoders' libraries."""

from __future__ import annotations

import importlib.metadata
import platform
import re

__all__ = ["decoder_versions", "versions"]

_PACKAGES = ("av", "numpy", "opencv-python-headless", "pydicom", "tensorflow", "keras")


def versions() -> dict[str, str | None]:
    """Of Python, this program, and the packages that results depend on."""
    return {
        "python": platform.python_version(),
        "surgical-video": _version("surgical-video"),
        **{name: _version(name) for name in _PACKAGES},
    }


def decoder_versions(decoder: object) -> dict[str, str]:
    """Of the libraries that read the file: PyAV's FFmpeg, which plans for OpenCV too, and its."""
    import av

    found = {
        name: ".".join(map(str, av.library_versions[name]))
        for name in ("libavformat", "libavcodec", "libavutil", "libswscale")
    }
    if decoder == "opencv":
        import cv2

        built = re.findall(
            r"^ +(avcodec|avformat|swscale): +YES \(([\d.]+)\)", cv2.getBuildInformation(), re.M
        )
        found |= {f"opencv_lib{name}": version for name, version in built}
    return found


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
