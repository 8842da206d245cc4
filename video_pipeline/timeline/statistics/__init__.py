"""What timelines say in figures: of one tool, of one recording, of many recordings together.

What is undefined is None (NaN in an array), never zero. Seconds without a frame belong to nothing:
no tool is visible in them and none is absent, no use and no hole reaches across them, and they are
counted apart.
"""

from __future__ import annotations

from video_pipeline.timeline.statistics.tools import ToolStatistics, summarise_tools

__all__ = ["ToolStatistics", "summarise_tools"]
