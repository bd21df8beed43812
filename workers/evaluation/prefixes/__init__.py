"""The engine: requests as a tree of tokens, in which what many prompts begin with is computed once.

    texts      texts as tokens, line by line where a tokenizer allows it
    tokens     requests as token sequences with their scored places, exactly as the harness's `hf` model cuts them
    tree       sequences sorted into packs of a token budget, and the trunks (shared beginnings) that packs stand on
    layout     one pack as one row: each token once, children behind their parents
    attention  attention over such a row, in parts that are merged by their log-sum-exp
    forward    trunks and rows through a model, scored places alone through its output head
    choice     which way a model computes: it is tried before it is trusted
    model      all that as a language model for lm-eval
    generation batches that write on, with one cache of keys and values for what they share

`texts`, `tokens`, `tree` and `layout` need no torch: a plan is a pure function of texts and settings.
"""
