"""The parts of the storm: services that keep the truth, processes that die, and the comparison."""
