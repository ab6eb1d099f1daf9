"""Masked modelling: part of an image is hidden, and a net predicts it from the rest. Beside
`pretext`, whose tasks hide one property of an image: here it is the image itself that is hidden."""
