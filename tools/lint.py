#!/usr/bin/env python3
"""Renders every overlay, checks it, and says what is wrong at file and line. ``lint.py --help`` tells the options."""

import sys

sys.dont_write_bytecode = True  # until the launcher has said where compiled modules go

from gitops.launch import launch  # noqa: E402

launch("lint")
