"""Data that does not fit in memory, as WebDataset shards; part of `data`, read by `train`.

`order` says which sample a step sees, `shards` writes and indexes tar files, `source` reads samples
by their number and counts those that cannot be read, `stream` puts them in the place of a data set.
These files stand apart because every file of `data` itself decides what its cache holds.
"""

from course_lib.data.streaming.order import Line, Shares
from course_lib.data.streaming.shards import Index, build_index, write
from course_lib.data.streaming.stream import Stream, stream

__all__ = ["Index", "Line", "Shares", "Stream", "build_index", "stream", "write"]
