"""The steps by which the tables came to be: one module each, applied in order by Alembic."""
