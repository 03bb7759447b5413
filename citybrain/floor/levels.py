"""The four warning levels of China's emergency law, from Ⅳ blue to Ⅰ red.

Source: Emergency Response Law (突发事件应对法), warning levels 一级 red, 二级 orange, 三级 yellow,
四级 blue; level one is the highest.
"""

from __future__ import annotations

from citybrain.floor.text import Text

LEVELS = ("blue", "yellow", "orange", "red")
"""From the lowest to the highest."""

RANKS = {level: rank for rank, level in enumerate(LEVELS, start=1)}
"""blue 1 … red 4; 0 is no alert."""

NUMERALS = {"blue": "Ⅳ", "yellow": "Ⅲ", "orange": "Ⅱ", "red": "Ⅰ"}
TITLES = {
    "blue": Text("蓝色", "Blue"),
    "yellow": Text("黄色", "Yellow"),
    "orange": Text("橙色", "Orange"),
    "red": Text("红色", "Red"),
}
