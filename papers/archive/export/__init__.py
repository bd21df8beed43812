"""The way out of the catalogue: rows of the database to the archive's objects (pure), and the queries that fetch them."""
