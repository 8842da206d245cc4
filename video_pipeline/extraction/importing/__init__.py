"""Labels of recordings and their frames on disk -> a label table that training reads.

tool_texts, cholect50, timelines ──▶ AnnotatedRecording ──▶ joining ──▶ labels.csv
what was annotated or corrected             frame_files ──▶    which picture is of which second
"""
