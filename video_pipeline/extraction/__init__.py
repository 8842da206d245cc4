"""Extraction: recordings in, sampled frames on disk out, to be labelled for training.

    choosing ──▶ (frames room) ──▶ pictures ──▶ frames_table ──▶ label_table, class_folders
    which moments     RGB          jpg, png     frames.csv       where an annotation is at hand

``recording`` is the whole of one recording, ``many`` that of a call; ``record`` remembers in
``extract.json`` what was done; ``tool_annotation`` reads what others annotated.
"""
