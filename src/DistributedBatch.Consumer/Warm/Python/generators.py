"""Random generators that imports make or use. All forks would draw the same numbers from them, where processes of their own draw different ones.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import gc
import random
import sys

KINDS = frozenset(
    ["_random.Random", "numpy.random._generator.Generator", "numpy.random.mtrand.RandomState", "numpy.random.bit_generator.BitGenerator",
     "numpy.random.bit_generator.SeedSequence", "torch._C.Generator"])


class Generators:
    """The generators of this process. Those that a library itself shares, such as the one behind random.random(), are seeded anew in every job."""

    def __init__(self):
        self._states = {}  # library -> state of its shared generator
        self._is_kind = {}  # type -> whether it is a generator with a state
        self.note()

    def note(self):
        """Records the state of shared generators that are new. Called while imports go on, before the next module can use them."""
        for library, generator in shared():
            if library not in self._states:
                self._states[library] = state_of(generator)

    def change(self):
        """What a module did to generators, as the end of "… is not preloaded: "; None for nothing. Looks at objects since the last gc.freeze()."""
        self.note()
        own = []
        for library, generator in shared():
            if state_of(generator) != self._states[library] or library == "torch" and has_drawn(generator):
                return "it seeds or uses the random numbers of %s when it is imported" % library
            own += [generator, getattr(generator, "_bit_generator", None)]
            own.append(getattr(own[-1], "_seed_seq", None))
        objects = gc.get_objects()
        own += [getattr(names, "_rng", None) for names in temporary_names(objects)]
        known = set(map(id, own))
        for thing in objects + gc.get_referents(*objects):
            kind = type(thing)
            if kind not in self._is_kind:
                self._is_kind[kind] = is_generator(kind)
            if self._is_kind[kind] and id(thing) not in known:
                return "it makes a random generator when it is imported (%s.%s)" % (kind.__module__, kind.__qualname__)
        return None


def is_generator(kind):
    return not issubclass(kind, random.SystemRandom) and any("%s.%s" % (base.__module__, base.__qualname__) in KINDS for base in type.mro(kind))


def shared():
    """The generators that libraries share, with the name of the library."""
    yield "random", random._inst
    numpy = getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
    if numpy is not None:
        yield "numpy", numpy
    torch = sys.modules.get("torch")
    if hasattr(torch, "manual_seed"):
        yield "torch", torch.default_generator


def state_of(generator):
    if hasattr(generator, "getstate"):
        return generator.getstate()
    if hasattr(generator, "initial_seed"):
        return generator.initial_seed()  # torch's whole state cannot be read while torch is being imported
    name, key, *rest = generator.get_state()
    return name, key.tolist(), rest


def has_drawn(generator):
    """Whether somebody drew numbers from a generator of torch since it was seeded."""
    fresh = type(generator)().manual_seed(generator.initial_seed())
    return fresh.get_state().tolist() != generator.get_state().tolist()


def temporary_names(objects):
    """The makers of names for temporary files. Each has a generator, which it makes anew after a fork."""
    kind = getattr(sys.modules.get("tempfile"), "_RandomNameSequence", None)
    yield getattr(sys.modules.get("tempfile"), "_name_sequence", None)
    yield getattr(getattr(sys.modules.get("multiprocessing.synchronize"), "SemLock", None), "_rand", None)
    yield from (thing for thing in objects if type(thing) is kind)  # isinstance would ask proxies for their class
