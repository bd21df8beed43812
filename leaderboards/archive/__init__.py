"""The evaluation-tables dump: `tables` parses and merges (pure), `loading` stores, `linking` joins claims to papers."""
