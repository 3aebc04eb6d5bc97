"""Bytes of one mail → letter → parts, and a notice → bytes."""
