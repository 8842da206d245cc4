"""From probabilities to a steady yes or no: filters, or a model of how each tool is used."""

from video_pipeline.timeline.smoothing.filter_settings import SmoothingSettings
from video_pipeline.timeline.smoothing.filtering import smooth
from video_pipeline.timeline.smoothing.per_tool import Smoothing, smooth_tools
from video_pipeline.timeline.smoothing.use_model import UseModel

__all__ = ["Smoothing", "SmoothingSettings", "UseModel", "smooth", "smooth_tools"]
