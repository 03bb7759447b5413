"""Find what is unusual in one series of numbers, as it comes in, without looking ahead.

`Detector` (detector.py) is all that callers need. It asks of each value: was there ever such a
value, was there ever such a course of values (novelty.py), is it far from what is usual now, has
the level shifted (level.py), is it far from what is usual at this hour of the week (baseline.py)?
Each answer is a distance, where it can be in distances that are typical of the series (typical.py);
how rare such a distance is *for this series* makes them comparable (rarity.py), and the rarest is
the score. An episode is told once (`Quiet` in detector.py). What is usual at this hour also puts an
alert into words.
"""
