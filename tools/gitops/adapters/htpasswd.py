"""Lines of Apache's htpasswd with bcrypt, which registries and proxies let users in by.

Source: https://httpd.apache.org/docs/2.4/misc/password_encryptions.html; CNCF Distribution takes no other hash
(https://distribution.github.io/distribution/about/configuration/#htpasswd).
"""

import bcrypt


def entry(user: str, password: bytes) -> bytes:
    """A line that lets in the user with this password; raises ``ValueError`` for one that bcrypt does not take whole."""
    return user.encode() + b":" + bcrypt.hashpw(password, bcrypt.gensalt())


def fits(line: bytes, user: str, password: bytes) -> bool:
    """Whether the line lets in this user with this password."""
    name, _, hashed = line.strip().partition(b":")
    try:
        return name == user.encode() and bcrypt.checkpw(password, hashed)
    except ValueError:
        return False
