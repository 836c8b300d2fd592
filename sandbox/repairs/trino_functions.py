"""The kinds of Trino's values, and the kind of each function's result. Functions and types: Trino's own documentation."""

from sqlglot import exp

TEXT, WHOLE, DECIMAL, DOUBLE, TRUTH = "varchar", "integer", "decimal", "double", "boolean"
DAY, MOMENT, INSTANT, SPAN, JSON = "date", "timestamp", "timestamp with time zone", "interval", "json"
ARRAY, MAP, ROW, BYTES = "array", "map", "row", "varbinary"
NUMBERS = frozenset((WHOLE, DECIMAL, DOUBLE))
TIMES = frozenset((DAY, MOMENT, INSTANT))
Kind = str | None
"""None: it cannot be told."""

TYPES: dict[exp.DType, str] = {
    **dict.fromkeys((exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR, exp.DType.NVARCHAR, exp.DType.NCHAR), TEXT),
    **dict.fromkeys((exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT, exp.DType.INT128), WHOLE),
    exp.DType.DECIMAL: DECIMAL,
    exp.DType.DOUBLE: DOUBLE,
    exp.DType.FLOAT: DOUBLE,
    exp.DType.BOOLEAN: TRUTH,
    exp.DType.DATE: DAY,
    exp.DType.TIMESTAMP: MOMENT,
    exp.DType.TIMESTAMPNTZ: MOMENT,
    exp.DType.TIMESTAMPTZ: INSTANT,
    exp.DType.INTERVAL: SPAN,
    exp.DType.JSON: JSON,
    exp.DType.ARRAY: ARRAY,
    exp.DType.LIST: ARRAY,
    exp.DType.MAP: MAP,
    exp.DType.STRUCT: ROW,
    exp.DType.VARBINARY: BYTES,
}
RESULTS: dict[str, str] = {
    **dict.fromkeys(
        [
            "upper", "lower", "trim", "ltrim", "rtrim", "substr", "substring", "replace", "regexp_replace",
            "regexp_extract", "json_extract_scalar", "json_format", "date_format", "format_datetime", "split_part",
            "concat_ws", "lpad", "rpad", "chr", "translate", "array_join", "to_hex", "typeof", "url_extract_host",
            "url_extract_path", "url_extract_parameter", "url_extract_query", "url_encode", "url_decode", "to_iso8601",
            "listagg", "to_base", "from_utf8", "normalize", "word_stem", "json_value", "json_query", "format",
        ],
        TEXT,
    ),
    **dict.fromkeys(
        [
            "count", "count_if", "length", "strpos", "position", "cardinality", "date_diff", "year", "month", "day", "hour",
            "minute", "second", "week", "quarter", "day_of_week", "dow", "day_of_year", "doy", "day_of_month",
            "year_of_week", "yow", "approx_distinct", "row_number", "rank", "dense_rank", "ntile", "json_array_length",
            "json_size", "array_position", "codepoint", "levenshtein_distance", "bitwise_and", "bitwise_or", "regexp_count",
            "from_base", "width_bucket",
        ],
        WHOLE,
    ),
    **dict.fromkeys(
        [
            "sqrt", "cbrt", "ln", "log", "log2", "log10", "exp", "power", "pow", "rand", "random", "nan", "infinity",
            "to_unixtime", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "pi", "e", "sin",
            "cos", "tan", "geometric_mean", "percent_rank", "cume_dist", "corr",
        ],
        DOUBLE,
    ),
    **dict.fromkeys(
        [
            "contains", "starts_with", "regexp_like", "any_match", "all_match", "none_match", "is_nan", "is_finite",
            "is_infinite", "bool_or", "bool_and", "every", "arrays_overlap", "json_array_contains", "is_json_scalar",
        ],
        TRUTH,
    ),
    **dict.fromkeys(["from_iso8601_date", "current_date", "last_day_of_month", "date"], DAY),
    **dict.fromkeys(["date_parse", "localtimestamp"], MOMENT),
    **dict.fromkeys(
        [
            "from_unixtime", "from_iso8601_timestamp", "parse_datetime", "current_timestamp", "now", "at_timezone",
            "with_timezone",
        ],
        INSTANT,
    ),
    **dict.fromkeys(["json_parse", "json_extract"], JSON),
    **dict.fromkeys(
        [
            "array_agg", "filter", "transform", "split", "regexp_extract_all", "regexp_split", "map_keys", "map_values",
            "map_entries", "sequence", "slice", "array_distinct", "array_sort", "array_union", "array_except",
            "array_intersect", "array_remove", "flatten", "repeat", "zip",
        ],
        ARRAY,
    ),
    **dict.fromkeys(
        [
            "map", "map_agg", "map_concat", "map_filter", "map_from_entries", "transform_values", "transform_keys",
            "multimap_agg", "histogram",
        ],
        MAP,
    ),
}  # fmt: skip
LIKE_ARGUMENT = frozenset(
    [
        "max", "min", "abs", "round", "ceil", "ceiling", "floor", "truncate", "max_by", "min_by", "arbitrary",
        "any_value", "lag", "lead", "first_value", "last_value", "nth_value", "greatest", "least", "nullif",
        "date_trunc", "reverse", "sign", "element_at", "mod",
    ]
)  # fmt: skip
