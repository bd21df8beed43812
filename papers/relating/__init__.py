"""Computing which papers are near which; `papers.related` reads what this stored.

`words` -> `vectors` -> `features` -> `neighbours` compute and know no database; `corpus` reads it, `storing` writes it,
`computing` puts them together, `judging` judges them. They load scipy, so the web process never imports them.
"""
