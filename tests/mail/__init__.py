"""Labelled mail, made by code: what the gate is measured with."""
