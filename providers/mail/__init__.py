"""Mail as it is written: read, taken apart, put together, and handed over."""
