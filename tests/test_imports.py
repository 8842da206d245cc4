"""The house's walls: who may import whom, read from the syntax trees."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"tensorflow", "keras", "matplotlib", "pandas", "sklearn", "cv2", "av"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path, *, at_top: bool = False) -> set[str]:
    """Dotted names that a file imports; only outside of functions with ``at_top``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree)) if not at_top else list(_top_level(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module
    }


def _top_level(tree: ast.Module) -> list[ast.stmt]:
    """Statements that run on import; ``if TYPE_CHECKING`` does not."""
    return [node for node in tree.body if not isinstance(node, ast.If)]


@pytest.mark.parametrize("path", modules("classifier"), ids=lambda p: p.stem)
def test_classifier_knows_nothing_of_the_pipeline(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] == "video_pipeline"}


@pytest.mark.parametrize(
    "path",
    [p for p in modules("video_pipeline") if "cli" not in p.parts],
    ids=lambda p: "/".join(p.parts[-2:]),
)
def test_pipeline_knows_no_classifier_outside_the_command(path: Path) -> None:
    strangers = {"classifier", "tensorflow", "keras"}
    assert not {name for name in imported(path) if name.split(".")[0] in strangers}


@pytest.mark.parametrize("path", modules("video_pipeline/cli"), ids=lambda p: p.stem)
def test_the_command_imports_nothing_heavy_before_it_runs(path: Path) -> None:
    assert not {name for name in imported(path, at_top=True) if name.split(".")[0] in HEAVY}


ORDER = [
    "records",
    "frames",
    "timeline",
    "observing",
    "elsewhere",
    "annotate",
    "output",
    "formats",
    "batch",
    "extraction",
    "cli",
]


@pytest.mark.parametrize("room", ORDER)
def test_imports_point_downwards(room: str) -> None:
    above = {f"video_pipeline.{name}" for name in ORDER[ORDER.index(room) + 1 :]}
    place = ROOT / "video_pipeline" / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    for path in files:
        upwards = {name for name in imported(path) if ".".join(name.split(".")[:2]) in above}
        assert not upwards, f"{path.name} imports {upwards}"


def test_help_loads_none_of_the_heavy_packages() -> None:
    code = (
        "import sys\n"
        "from video_pipeline.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"loaded = {HEAVY!r} & set(sys.modules)\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
