"""The doors that people come through: REST, the web inbox, the command line."""
