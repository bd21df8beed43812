"""A made-up PWC Archive of the final one's size, shape and faults: for benchmarks and for tests at full size.

Nothing in it is real. One seed gives one archive, byte for byte, on one version of numpy and of the gzip library.
"""
