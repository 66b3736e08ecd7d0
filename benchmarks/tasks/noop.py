"""Nothing, as fast as can be: the cost of handing out a chunk."""


def process(start, count):
    pass
