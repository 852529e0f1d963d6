"""Services of others as a stranger would write them, from their public pages alone.

What stands here was written without a look at the product's own simulators, so that a
misunderstanding which those share with the product shows.
"""
