"""Where a catalogue can come from."""
