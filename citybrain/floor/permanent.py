"""Which errors never pass: this record, these rows will be refused however often they are sent.

Whatever is not named here may be over in a while, and is tried again. What is named is not: the one
record goes to the dead letters, and what stands behind it has its turn.
"""

from __future__ import annotations

import re

KAFKA = frozenset(
    {
        10,  # MESSAGE_TOO_LARGE
        18,  # RECORD_LIST_TOO_LARGE
        32,  # INVALID_TIMESTAMP
        87,  # INVALID_RECORD
    }
)
"""Error codes of Kafka's protocol by which a broker refuses a record for good."""
STORE = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        33,  # CANNOT_READ_ALL_DATA
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        376,  # CANNOT_PARSE_UUID
        407,  # DECIMAL_OVERFLOW
        469,  # VIOLATED_CONSTRAINT
        691,  # UNKNOWN_ELEMENT_OF_ENUM
    }
)
"""Error codes of ClickHouse by which it refuses the content of rows for good.

What is wrong with a table or a statement (a column that is missing, a type that differs, rights) is
not among them: that is no fault of a row, all rows meet it, and a person can mend it.
"""
_STORE_CODE = re.compile(r"\b[Cc]ode: (\d{1,5})\b")


def refuses_record(error: BaseException) -> bool:
    """Whether Kafka refuses a record for good with `error`, of whichever client library."""
    return getattr(error, "errno", None) in KAFKA and not isinstance(error, OSError)


def refuses_rows(error: BaseException) -> bool:
    """Whether ClickHouse refuses some row for good with `error`, as its client raised it."""
    code = _STORE_CODE.search(str(error))
    return code is not None and int(code[1]) in STORE
