"""Public datasets' labels and their frames on disk -> a label table that training reads.

tool_texts, cholect50 ──▶ AnnotatedRecording ──▶ joining ──▶ labels.csv
what others annotated            frame_files ──▶    which picture is of which second
"""
