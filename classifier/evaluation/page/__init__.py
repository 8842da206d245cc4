"""The page evaluation.html: a judgement for people, in one file that needs nothing else."""
