"""Functions of Trino as DuckDB macros, where DuckDB has none of the name or one that answers otherwise.

What must fail fails by a cast of the message, because DuckDB's own error() cannot stand in TRY.
"""

from collections.abc import Sequence

NUMBER = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[dDfF]?"
WHOLE = r"[+-]?[0-9]+"
DECIMAL = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
DATE = r"[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}"
TIME = rf"{DATE}( [0-9]{{1,2}}:[0-9]{{1,2}}(:[0-9]{{1,2}}([.][0-9]+)?)?)?"

_FAIL_INDEX = (
    "CAST('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1' || left(CAST(i AS VARCHAR), 0) AS INTEGER)"
)

MACROS: Sequence[str] = (
    # Collections
    f"trino_list_at(a, i) AS a[CASE WHEN i = 0 THEN {_FAIL_INDEX} ELSE i END]",
    f"""trino_list_subscript(a, i) AS a[CASE WHEN i = 0 THEN {_FAIL_INDEX}
        WHEN i < 0 THEN CAST('INVALID_FUNCTION_ARGUMENT: Array subscript is negative: ' || i AS INTEGER)
        WHEN i > len(a) THEN CAST('INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: '
        || i || ' > ' || len(a) AS INTEGER) ELSE i END]""",
    """trino_map_subscript(m, k) AS map_extract(m, k)[CASE WHEN k IS NOT NULL AND len(map_extract(m, k)) = 0 AND m IS NOT NULL
        THEN CAST('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || CAST(k AS VARCHAR) AS INTEGER) ELSE 1 END]""",
    f"""trino_slice(a, i, n) AS CASE WHEN a IS NULL OR i IS NULL OR n IS NULL THEN NULL
        WHEN i = 0 THEN a[{_FAIL_INDEX}:0]
        WHEN n < 0 THEN a[CAST('INVALID_FUNCTION_ARGUMENT: length must be greater than or equal to 0: ' || n AS INTEGER):0]
        WHEN abs(i) > len(a) OR n = 0 THEN a[1:0]
        WHEN i < 0 THEN a[len(a) + i + 1:len(a) + i + n] ELSE a[i:i + n - 1] END""",
    "trino_repeat(x, n) AS CASE WHEN n IS NOT NULL THEN list_transform(generate_series(1, n), lambda i: x) END",
    "trino_distinct(a) AS list_filter(a, lambda x, i: coalesce(list_position(a, x), 0) = i)",
    "trino_sequence(a, b) AS generate_series(a, b, CASE WHEN a > b THEN -1 ELSE 1 END)",
    """trino_contains(a, x) AS CASE WHEN a IS NULL OR x IS NULL THEN NULL WHEN list_contains(a, x) THEN TRUE
        WHEN list_count(a) < len(a) THEN NULL ELSE FALSE END""",
    """trino_any(a) AS CASE WHEN a IS NULL THEN NULL WHEN list_contains(a, TRUE) THEN TRUE
        WHEN list_count(a) < len(a) THEN NULL ELSE FALSE END""",
    """trino_all(a) AS CASE WHEN a IS NULL THEN NULL WHEN list_contains(a, FALSE) THEN FALSE
        WHEN list_count(a) < len(a) THEN NULL ELSE TRUE END""",
    "trino_map_concat(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE map_concat(a, b) END",
    "trino_array_max(a) AS CASE WHEN list_count(a) < len(a) THEN NULL ELSE list_max(a) END",
    "trino_array_min(a) AS CASE WHEN list_count(a) < len(a) THEN NULL ELSE list_min(a) END",
    "trino_array_position(a, x) AS CASE WHEN a IS NOT NULL AND x IS NOT NULL THEN coalesce(list_position(a, x), 0) END",
    # Texts
    """trino_regexp_extract(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END""",
    """trino_split_part(s, d, i) AS list_extract(string_split(s, d), CASE WHEN i < 1
        THEN CAST('INVALID_FUNCTION_ARGUMENT: Index must be greater than zero' || left(CAST(i AS VARCHAR), 0) AS INTEGER)
        ELSE CAST(i AS INTEGER) END)""",
    """trino_substr(s, i) AS CASE WHEN s IS NULL OR i IS NULL THEN NULL WHEN i = 0 OR abs(i) > length(s) THEN ''
        ELSE substring(s, CASE WHEN i < 0 THEN length(s) + i + 1 ELSE i END) END""",
    """trino_substr_n(s, i, n) AS CASE WHEN s IS NULL OR i IS NULL OR n IS NULL THEN NULL
        WHEN i = 0 OR abs(i) > length(s) OR n <= 0 THEN ''
        ELSE substring(s, CASE WHEN i < 0 THEN length(s) + i + 1 ELSE i END, n) END""",
    # JSON
    """trino_json_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN json_valid(x) THEN CAST(x AS JSON)
        ELSE CAST('INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: ' || x AS JSON) END""",
    """trino_json_scalar(x, p) AS CASE WHEN json_valid(x) THEN CASE
        WHEN json_type(json_extract(x, p)) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(x, p) END END""",
    "trino_json_extract(x, p) AS CASE WHEN json_valid(x) THEN json_extract(x, p) END",
    """trino_json_format(x) AS CASE WHEN x IS NULL THEN NULL ELSE CAST(json(x) AS VARCHAR) END""",
    """trino_json_array_length(x) AS CASE WHEN json_valid(x) AND json_type(x) = 'ARRAY' THEN json_array_length(x) END""",
    # Numbers
    "trino_scale(x) AS coalesce(TRY_CAST(regexp_extract(typeof(x), ',([0-9]+)', 1) AS INTEGER), 0)",
    """trino_decimal_divide(a, b) AS round(CAST(a AS DOUBLE) / CASE WHEN b = 0
        THEN CAST('DIVISION_BY_ZERO: Division by zero' || left(CAST(b AS VARCHAR), 0) AS DOUBLE) ELSE CAST(b AS DOUBLE) END,
        greatest(trino_scale(a), trino_scale(b)))""",
    """trino_instant(x) AS make_timestamptz(CASE WHEN isnan(CAST(x AS DOUBLE)) THEN 0
        WHEN abs(CAST(x AS DOUBLE)) > 9223372036854 THEN CAST('INVALID_FUNCTION_ARGUMENT: Millis overflow: ' || x AS BIGINT)
        ELSE CAST(floor(CAST(x AS DOUBLE) * 1000 + 0.5) AS BIGINT) * 1000 END)""",
    """trino_digits(s) AS ltrim(replace(split_part(s, 'e', 1), '.', ''), '0')""",
    """trino_exponent(s) AS CASE WHEN split_part(split_part(s, 'e', 1), '.', 1) <> '0'
        THEN length(split_part(split_part(s, 'e', 1), '.', 1)) - 1
        ELSE -1 - (length(split_part(split_part(s, 'e', 1), '.', 2)) - length(trino_digits(s))) END
        + coalesce(TRY_CAST(split_part(s, 'e', 2) AS INTEGER), 0)""",
    """trino_scientific(s) AS left(trino_digits(s), 1) || '.' ||
        CASE WHEN rtrim(substring(trino_digits(s), 2), '0') = '' THEN '0' ELSE rtrim(substring(trino_digits(s), 2), '0') END
        || 'E' || trino_exponent(s)""",
    """trino_double_text(x) AS CASE WHEN x IS NULL THEN NULL WHEN isnan(x) THEN 'NaN'
        WHEN isinf(x) THEN CASE WHEN x < 0 THEN '-Infinity' ELSE 'Infinity' END
        WHEN x = 0 THEN CASE WHEN starts_with(CAST(x AS VARCHAR), '-') THEN '-0E0' ELSE '0E0' END
        WHEN abs(x) = 5e-324 THEN CASE WHEN x < 0 THEN '-' ELSE '' END || '4.9E-324'
        ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || trino_scientific(CAST(abs(x) AS VARCHAR)) END""",
    """trino_half_up(x) AS CASE WHEN isnan(CAST(x AS DOUBLE)) THEN CAST('INVALID_CAST_ARGUMENT: Cannot cast double NaN' || left(CAST(x AS VARCHAR), 0) AS DOUBLE)
        ELSE round(x) END""",
    # Texts that are cast: the text where Trino takes it, else NULL.
    f"trino_whole_number(s) AS CASE WHEN regexp_full_match(trim(s), '{WHOLE}') THEN trim(s) END",
    f"trino_decimal_number(s) AS CASE WHEN regexp_full_match(trim(s), '{DECIMAL}') THEN trim(s) END",
    f"""trino_number(s) AS CASE WHEN s IS NULL THEN NULL WHEN trim(s) IN ('NaN', 'Infinity', '+Infinity', '-Infinity') THEN trim(s)
        WHEN NOT regexp_full_match(trim(s), '{NUMBER}') THEN NULL
        WHEN TRY_CAST(rtrim(trim(s), 'dDfF') AS DOUBLE) IS NULL OR isinf(TRY_CAST(rtrim(trim(s), 'dDfF') AS DOUBLE))
        THEN CASE WHEN starts_with(trim(s), '-') THEN '-Infinity' ELSE 'Infinity' END ELSE rtrim(trim(s), 'dDfF') END""",
    """trino_truth(s) AS CASE WHEN lower(s) IN ('t', 'true', '1') THEN 'true' WHEN lower(s) IN ('f', 'false', '0') THEN 'false' END""",
    f"trino_day(s) AS CASE WHEN regexp_full_match(trim(s), '{DATE}') THEN trim(s) END",
    f"""trino_moment(s) AS CASE WHEN regexp_full_match(trim(s), '{TIME}') THEN trim(s)
        WHEN regexp_full_match(trim(s), '{TIME} [A-Za-z][A-Za-z_/]*') THEN regexp_replace(trim(s), ' [A-Za-z][A-Za-z_/]*$', '')
        WHEN regexp_full_match(trim(s), '{TIME} ?[+-][0-9]{{2}}:?[0-9]{{2}}') THEN regexp_replace(trim(s), ' ?[+-][0-9]{{2}}:?[0-9]{{2}}$', '')
        END""",
    """trino_needed(s, given, kind) AS CASE WHEN given IS NULL THEN NULL WHEN s IS NULL
        THEN CAST(CAST('INVALID_CAST_ARGUMENT: Cannot cast ''' || given || ''' to ' || kind AS INTEGER) AS VARCHAR) ELSE s END""",
    # JSON that is cast: the text of it where Trino takes it, else NULL. JSON's null is NULL.
    "trino_json_given(x) AS json_extract_string(x, '$')",
    """trino_json_plain(x) AS CASE WHEN json_type(x) = 'BOOLEAN' THEN CASE WHEN CAST(x AS BOOLEAN) THEN '1' ELSE '0' END
        WHEN json_type(x) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(x, '$') END""",
    """trino_json_whole(x) AS CASE WHEN json_type(x) = 'DOUBLE'
        THEN CAST(CAST(trino_half_up(CAST(x AS DOUBLE)) AS HUGEINT) AS VARCHAR) ELSE trino_json_plain(x) END""",
    """trino_json_text(x) AS CASE WHEN json_type(x) IN ('OBJECT', 'ARRAY') THEN NULL
        WHEN json_type(x) = 'DOUBLE' AND NOT regexp_full_match(json_extract_string(x, '$'), '-?[0-9]+')
        THEN trino_double_text(CAST(x AS DOUBLE)) ELSE json_extract_string(x, '$') END""",
    """trino_json_truth(x) AS CASE WHEN json_type(x) IN ('OBJECT', 'ARRAY') THEN NULL
        WHEN json_type(x) IN ('DOUBLE', 'BIGINT', 'UBIGINT', 'HUGEINT') THEN CASE WHEN CAST(x AS DOUBLE) = 0 THEN 'false' ELSE 'true' END
        ELSE trino_truth(json_extract_string(x, '$')) END""",
)
