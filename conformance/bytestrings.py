"""What the suite's cases find in place of modules that differ between Python 2 and 3.

The cases keep payloads in Python 2 byte strings. Here those are strings whose characters are U+0000 to
U+00FF, one for each byte; they become bytes where a case meets the protocol (suite.py).
"""

import binascii
import os

from autobahn.websocket.utf8validator import Utf8Validator as _Validator


def to_bytes(value):
    """Bytes of a byte string; anything else as it is."""
    return value.encode("latin-1") if isinstance(value, str) else value


def to_text(value):
    """A byte string of bytes; anything else as it is."""
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, bytearray)) else value


def b2a_hex(value):
    """As `binascii` has it."""
    return binascii.b2a_hex(to_bytes(value)).decode("ascii")


hexlify = b2a_hex


def resource_filename(_package, name):
    """As `pkg_resources` has it, for the suite's own files."""
    return os.path.join(resource_filename.folder, name)


class Utf8Validator:
    """As autobahn has it."""

    def __init__(self):
        self._validator = _Validator()

    def reset(self):
        self._validator.reset()

    def validate(self, value):
        return self._validator.validate(to_bytes(value))
