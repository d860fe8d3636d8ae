#!/usr/bin/env python3
"""Decides which image may run where: digests, scans, signatures, approvals. ``scan.py --help`` tells the options."""

import sys

sys.path.append(sys.path.pop(0))  # behind Python's own modules, since commands here have names of theirs
sys.dont_write_bytecode = True  # until the launcher has said where compiled modules go

from gitops.launch import launch  # noqa: E402

launch("scan")
