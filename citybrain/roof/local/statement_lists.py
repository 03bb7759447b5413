"""The lists by which `statement_guard` judges; a test holds them against the engine's own."""

from __future__ import annotations

_READS = (("select",), ("with",), ("describe",), ("desc",), ("exists", "table"))
STATEMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "reader": _READS,
    "writer": (
        *_READS,
        ("show", "create"),
        ("insert", "into"),
        ("create", "database"),
        ("create", "table"),
        ("create", "view"),
        ("create", "materialized", "view"),
        ("alter", "table"),
        ("delete", "from"),
        ("drop", "database"),
        ("drop", "table"),
        ("drop", "view"),
        ("truncate", "table"),
        ("optimize", "table"),
        ("rename", "table"),
        ("system", "start", "ttl", "merges"),
        ("system", "stop", "ttl", "merges"),
    ),
}
"""Role → the words that its statements may begin with."""

TABLE_FUNCTIONS = frozenset({"format", "generateseries", "generate_series", "null", "numbers"})
TABLE_FUNCTIONS |= {"numbers_mt", "sqlstandardvalues", "values", "zeros", "zeros_mt"}
"""Table functions that reach nothing but their arguments."""

_OUT_OF_THE_TABLES = """
arrowstream azureblobstorage azureblobstoragecluster bigquery cluster clusterallreplicas cosn
deltalake deltalakeazure deltalakeazurecluster deltalakecluster deltalakelocal deltalakes3
deltalakes3cluster dictionary eval executable file filecluster filesystem fuzzjson fuzzquery gcs
generaterandom hdfs hdfscluster hive hudi hudicluster iceberg icebergazure icebergazurecluster
icebergcluster iceberghdfs iceberghdfscluster iceberglocal iceberglocalcluster icebergs3
icebergs3cluster input jdbc kafka loop merge mergetreeanalyzeindexes mergetreeanalyzeindexesuuid
mergetreecodecblockcounts mergetreeindex mergetreeprojection mergetreetextindex meilisearch mongodb
mysql odbc oss paimon paimonazure paimonazurecluster paimoncluster paimonhdfs paimonhdfscluster
paimonlocal paimons3 paimons3cluster postgresql primes prometheusquery prometheusqueryrange python
redis remote remotesecure s3 s3cluster sqlite timeseriesdata timeseriesmetricfamilies
timeseriesmetrics timeseriessamples timeseriesselector timeseriestags url urlcluster view
viewexplain viewifpermitted ytsaurus
"""
_FUNCTIONS = """
addresstoline addresstolinewithinlines addresstosymbol catboostevaluate chdb currentrequesturl
demangle disk evalmlmethod filesystemavailable filesystemcapacity filesystemunreserved
generateserialid getclienthttpheader getmacro getoskernelversion getserverport getserversetting
hascolumnintable hasthreadfuzzer joinget joingetornull logtrace regionhierarchy regionin
regiontoarea regiontocity regiontocontinent regiontocountry regiontodistrict regiontoname
regiontopopulation regiontotopcontinent reversednsquery showcertificate sleep sleepeachrow
structuretocapnprotoschema structuretoprotobufschema tcpport trap zookeepersessionuptime
"""
REFUSED_CALLS = frozenset((_OUT_OF_THE_TABLES + _FUNCTIONS).split())
"""Names that may not stand before a parenthesis, in lower case; nor may ``ai…`` and ``dict…``."""

CALLS_OF_WRITERS = frozenset({"sleep", "sleepeachrow"})
"""Of these, what holds nothing but the writer's own connection."""

SYSTEM_TABLES = frozenset(
    [
        "columns",
        "databases",
        "data_type_families",
        "formats",
        "functions",
        "merges",
        "mutations",
        "numbers",
        "one",
        "parts",
        "settings",
        "table_functions",
        "tables",
        "time_zones",
        "zeros",
    ]
)
"""Tables of ``system`` that tell of tables and of what the engine can do."""

ENGINES = frozenset(
    f"{replicated}{name}mergetree"
    for replicated in ("", "replicated")
    for name in ("", "aggregating", "collapsing", "replacing", "summing")
) | {"atomic", "memory", "null"}
"""Engines that keep rows in the store's own folder, or nowhere."""

FORMATS = frozenset(
    [
        "arrow",
        "arrowstream",
        "csv",
        "csvwithnames",
        "csvwithnamesandtypes",
        "json",
        "jsoncompact",
        "jsoncompacteachrow",
        "jsoneachrow",
        "native",
        "null",
        "parquet",
        "pretty",
        "prettycompact",
        "rowbinary",
        "rowbinarywithnames",
        "rowbinarywithnamesandtypes",
        "tabseparated",
        "tabseparatedraw",
        "tabseparatedwithnames",
        "tabseparatedwithnamesandtypes",
        "tsv",
        "tsvraw",
        "tsvwithnames",
        "tsvwithnamesandtypes",
        "values",
        "vertical",
    ]
)
"""Formats that need neither a file of a schema or a template, nor a program."""

SETTINGS_OF_READERS = frozenset(
    [
        "allow_experimental_analyzer",
        "cast_string_to_date_time_mode",
        "cast_string_to_dynamic_use_inference",
        "date_time_input_format",
        "date_time_output_format",
        "do_not_merge_across_partitions_select_final",
        "enable_analyzer",
        "extremes",
        "final",
        "format_tsv_null_representation",
        "group_by_overflow_mode",
        "http_response_buffer_size",
        "input_format_null_as_default",
        "join_algorithm",
        "join_use_nulls",
        "limit",
        "log_comment",
        "max_block_size",
        "max_bytes_before_external_group_by",
        "max_bytes_before_external_sort",
        "max_bytes_to_read",
        "max_execution_time",
        "max_final_threads",
        "max_memory_usage",
        "max_query_size",
        "max_result_bytes",
        "max_result_rows",
        "max_rows_to_group_by",
        "max_rows_to_read",
        "max_threads",
        "offset",
        "optimize_aggregation_in_order",
        "optimize_read_in_order",
        "output_format_arrow_low_cardinality_as_dictionary",
        "output_format_arrow_string_as_string",
        "output_format_arrow_compression_method",
        "output_format_json_quote_64bit_integers",
        "output_format_native_encode_types_in_binary_format",
        "output_format_native_write_json_as_string",
        "preferred_block_size_bytes",
        "priority",
        "result_overflow_mode",
        "session_timezone",
        "timeout_before_checking_execution_speed",
        "timeout_overflow_mode",
        "union_default_mode",
        "use_client_time_zone",
        "use_query_condition_cache",
        "use_skip_indexes",
        "use_uncompressed_cache",
    ]
)
"""Settings that say how an answer is made, in lower case."""

SETTINGS_OF_WRITERS = SETTINGS_OF_READERS | frozenset(
    [
        "alter_sync",
        "async_insert",
        "deduplicate_blocks_in_dependent_materialized_views",
        "input_format_arrow_allow_missing_columns",
        "input_format_skip_unknown_fields",
        "insert_deduplicate",
        "insert_deduplication_token",
        "lightweight_deletes_sync",
        "materialize_ttl_after_modify",
        "max_insert_block_size",
        "max_insert_threads",
        "max_partitions_per_insert_block",
        "min_age_to_force_merge_on_partition_only",
        "min_age_to_force_merge_seconds",
        "min_insert_block_size_bytes",
        "min_insert_block_size_rows",
        "mutations_sync",
        "optimize_throw_if_noop",
        "parallel_view_processing",
        "wait_for_async_insert",
    ]
)

SETTINGS_OF_TABLES = frozenset(
    [
        "index_granularity",
        "index_granularity_bytes",
        "materialize_ttl_recalculate_only",
        "merge_with_ttl_timeout",
        "min_bytes_for_wide_part",
        "min_rows_for_wide_part",
        "non_replicated_deduplication_window",
        "parts_to_delay_insert",
        "parts_to_throw_insert",
        "replicated_deduplication_window",
        "ttl_only_drop_parts",
    ]
)
"""Settings of a table that say how its rows are kept, never where."""
