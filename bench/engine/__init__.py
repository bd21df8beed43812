"""How fast the evaluation engine is, beside lm-eval's own `hf` model: `python -m bench.engine` (make bench-engine)."""
