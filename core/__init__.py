"""The words of the domain and the rules that hold between them. Talks to no service."""
