"""Writes the registry's password file: one user, whose password comes from a Secret.

The registry takes bcrypt alone, with a salt of its own each time, so the file is no value that a Secret could simply hold. Python
has no bcrypt; the C library that Debian checks its own passwords with (libxcrypt) has.
"""

import ctypes
import sys
from pathlib import Path

PREFIX = b"$2b$"
# Two to the power of four rounds, the fewest that there are: core shows the password with every request, and nobody guesses 32
# random characters, however fast.
COST = 4


def hashed(password: bytes) -> bytes:
    """The password's bcrypt hash with a fresh salt. Source: crypt(3) and crypt_gensalt(3) of libxcrypt."""
    library = ctypes.CDLL("libcrypt.so.1", use_errno=True)
    library.crypt_gensalt.argtypes = [ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_int]
    library.crypt_gensalt.restype = ctypes.c_char_p
    library.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    library.crypt.restype = ctypes.c_char_p
    result: bytes | None = library.crypt(password, library.crypt_gensalt(PREFIX, COST, None, 0))
    # An error is told by a text that starts with an asterisk.
    if not result or not result.startswith(PREFIX):
        raise SystemExit("libcrypt made no bcrypt hash")
    return result


def main(user: str, password_file: str, target: str) -> None:
    line = user.encode() + b":" + hashed(Path(password_file).read_bytes().strip()) + b"\n"
    Path(target).write_bytes(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
