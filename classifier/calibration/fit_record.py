"""What a calibration was fitted on and what it came to, for whoever reads the model folder."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.calibration.error import N_BINS

__all__ = ["DEFINITIONS", "CalibrationFit", "ToolFit"]

DEFINITIONS = {
    "ece": f"expected calibration error over {N_BINS} bins of equal width: mean of |share of "
    "images that show the tool - mean probability|, each bin weighted with its images; of all "
    "tools together: over image-tool pairs",
    "log_loss": "mean of -log(probability of the truth), over image-tool pairs (sigmoid) or images "
    "(softmax)",
    "before": "of the plain sigmoid or softmax of the logits",
    "after": "of probabilities for images that neither the parameters nor the choice of the method "
    "had seen (cross-validation); equal to before where nothing is changed",
    "shares": "both are taken at the images' own shares of tools, without the target priors",
    "source_priors": "share of the known images that show the tool; softmax: with half an image "
    "added to every class, so that none has a share of 0",
    "target_priors": "shares in the frames to be annotated; probabilities are moved to them by "
    "Bayes' rule (Saerens et al. 2002)",
}


@dataclass(frozen=True)
class ToolFit:
    """One tool's part in a calibration."""

    n_images: int
    """Images of which it is known whether they show the tool."""
    n_shown: int
    """Those that do."""
    ece_before: float | None
    """None without images."""
    ece_after: float | None
    note: str | None = None
    """Why its logit is left as it is; None if it is not, or if that was found to be best."""


@dataclass(frozen=True)
class CalibrationFit:
    """What the figures of a calibration were computed from, and the figures."""

    n_images: int
    n_recordings: int | None
    """Recordings, or patients where these are known; None if neither is."""
    folds: str
    """``by recording`` or ``by image``: what cross-validation kept together."""
    ece_before: float | None
    ece_after: float | None
    log_loss_before: float | None
    log_loss_after: float | None
    tools: tuple[ToolFit, ...]
    dataset_sha256: str | None = None
    """Fingerprint of the images, made as training makes it; None where nobody made one."""
