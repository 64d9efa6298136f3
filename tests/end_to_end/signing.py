"""Modules for the firmware of tests/management: signed with the key whose public half it trusts (test.key.pub), or with another one."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KNOWN = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
UNKNOWN = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def _counted(content: bytes) -> bytes:
    """The content after its length, as LEB128."""
    length, encoded = len(content), b""
    while length >= 128:
        encoded, length = encoded + bytes([length & 127 | 128]), length >> 7
    return encoded + bytes([length]) + content


def signed(module: bytes, key: Ed25519PrivateKey = KNOWN) -> bytes:
    """The module with the section `signature` at its start: one hash of everything after it, with one signature."""
    hashed = hashlib.sha256(module[8:]).digest()
    ed25519 = key.sign(b"wasmsig\x01\x01\x01" + hashed)
    signature = _counted(_counted(key.public_key().public_bytes_raw()[:12]) + b"\x01" + _counted(ed25519))
    hashes = b"\x01" + hashed + b"\x01" + signature
    section = _counted(b"signature") + b"\x01\x01\x01\x01" + _counted(hashes)
    return module[:8] + b"\x00" + _counted(section) + module[8:]


def large(module: bytes) -> bytes:
    """The module with 20 KB more, in a section that means nothing."""
    filling = b"".join(hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(640))
    return module + b"\x00" + _counted(_counted(b"many") + filling)
