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
        16,  # NO_SUCH_COLUMN_IN_TABLE
        20,  # NUMBER_OF_COLUMNS_DOESNT_MATCH
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        33,  # CANNOT_READ_ALL_DATA
        36,  # BAD_ARGUMENTS
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        43,  # ILLEGAL_TYPE_OF_ARGUMENT
        53,  # TYPE_MISMATCH
        62,  # SYNTAX_ERROR
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
        636,  # CANNOT_EXTRACT_TABLE_STRUCTURE
    }
)
"""Error codes of ClickHouse by which it refuses rows or a query for good."""
_STORE_CODE = re.compile(r"\b[Cc]ode: (\d{1,5})\b")


def refuses_record(error: BaseException) -> bool:
    """Whether Kafka refuses a record for good with `error`, of whichever client library."""
    return getattr(error, "errno", None) in KAFKA and not isinstance(error, OSError)


def refuses_rows(error: BaseException) -> bool:
    """Whether ClickHouse refuses rows or a query for good with `error`, as its client raised it."""
    code = _STORE_CODE.search(str(error))
    return code is not None and int(code[1]) in STORE
