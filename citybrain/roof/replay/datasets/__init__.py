"""Recorded data for replay: one file is one data set; see `citybrain.roof.replay.dataset`."""
