"""The floor that every other package stands on: paths, errors, randomness; imports none of them."""
