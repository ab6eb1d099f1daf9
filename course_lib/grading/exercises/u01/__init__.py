"""The exercises of unit 1, and beside them what several of them share."""
