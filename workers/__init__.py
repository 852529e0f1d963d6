"""The door that time comes through: Celery tasks, beat, and what keeps them running."""
