"""Clustering methods: samples are told apart by the group they fall into, and the groups are made
while the net learns. Beside `contrastive`, where every sample is a group of its own."""
