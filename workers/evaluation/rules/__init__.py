"""Scoring rules: which choice counts as picked, told from log-likelihoods; several of them from one pass over a prompt family.

A rule says which continuations it compares (`registry`). What the task itself does not ask for is asked behind it, after the same
prompts (`requests`), so that the harness's own requests and numbers stay untouched; and the rules' numbers are computed beside
them (`picks`, `metrics`). Pure: values in, values out.
"""
