"""Turn the flow of envelopes into windows and feed health."""

import os

# Read once, when polars is first imported: the frames here are small, and a second thread costs
# a third more processor time for them without being any quicker.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
