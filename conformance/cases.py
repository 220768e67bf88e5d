"""The cases of the Autobahn test suite, which are written for Python 2, loaded into Python 3.

Nothing of the suite is kept here: what pip has installed is read and, where the languages differ, changed
on its way to the compiler.
"""

import fnmatch
import importlib.machinery
import os
import re
import sys

import bytestrings

# Pattern and replacement for what Python 3 does not understand, or understands differently.
CHANGES = [
    (r"^( *)print\b.*$", r"\1pass"),
    (r"\bxrange\(", "range("),
    (r"\(object, Case, ?\)", "(Case,)"),
    (r"\b(binascii|pkg_resources)(?= *(,|$))", r"bytestrings as \1"),
    (r"^from autobahn\.websocket\.utf8validator import", "from bytestrings import"),
    # The one division that is meant to give an integer (case 10.1.1).
    (r"len\(self\.payload\) / self", "len(self.payload) // self"),
    # In no list of the suite's, and it needs an interface that Twisted has dropped.
    (r"^from case9_9_1 import \*$", ""),
]
CHANGES = [(re.compile(pattern, re.MULTILINE), new) for pattern, new in CHANGES]


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles the suite's sources, each byte of a string a character."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        # Never from a cache, which could be of another version of CHANGES.
        return self.source_to_code(self.get_data(path), path)

    def source_to_code(self, data, path, *, _optimize=-1):
        text = data.decode("latin-1").replace("\r\n", "\n")
        for pattern, new in CHANGES:
            text = pattern.sub(new, text)
        return compile(text, path, "exec", dont_inherit=True, optimize=_optimize)


def load(package):
    """The classes of all cases in the installed package, by id such as `1.1.1`, in the suite's order."""
    bytestrings.resource_filename.folder = package
    folder = os.path.join(package, "case")
    hook = importlib.machinery.FileFinder.path_hook((Loader, [".py"]))
    sys.path_hooks.insert(0, lambda path: hook(path) if path == folder else refuse(path))
    sys.path.insert(0, folder)
    import case  # pylint: disable=import-error

    # Equal is equal: what pickling made of two equal values was the same in Python 2 only.
    case.Case.compare = lambda self, one, other: one == other
    names = {"__name__": "cases_of_the_suite"}
    index = os.path.join(folder, "__init__.py")
    exec(Loader("cases_of_the_suite", index).get_code("cases_of_the_suite"), names)
    prefix = len(names["CaseBasename"])
    return {each.__name__[prefix:].replace("_", "."): each for each in names["Cases"]}


def refuse(path):
    raise ImportError(path)


def choose(ids, patterns):
    """Those of `ids` that match one of the patterns, such as `1.*`, and none that begins with `-`."""
    wanted = [pattern for pattern in patterns if not pattern.startswith("-")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("-")]
    for pattern in wanted + unwanted:
        if not any(fnmatch.fnmatchcase(one, pattern) for one in ids):
            sys.exit(f"no case matches {pattern}")

    def matches(one, patterns):
        return any(fnmatch.fnmatchcase(one, pattern) for pattern in patterns)

    return [one for one in ids if matches(one, wanted) and not matches(one, unwanted)]
