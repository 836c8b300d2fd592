"""What sqlglot reads as Trino's SQL, and Trino does not."""

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from sandbox.repairs.trino_kinds import name_of

FOREIGN = {
    TokenType.DCOLON: "::",
    TokenType.DSTAR: "**",
    TokenType.DIV: "//",
    TokenType.ILIKE: "ILIKE",
    TokenType.QUALIFY: "QUALIFY",
    TokenType.L_BRACE: "{",
    TokenType.CARET: "^",
    TokenType.TILDE: "~",
}


def foreign_token(tokens: list[Token]) -> str | None:
    """The first word or sign that is none of Trino's."""
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.token_type in FOREIGN:
            return FOREIGN[token.token_type]
        if token.token_type == TokenType.EQ and token.text == "==":
            return "=="
        if (
            token.token_type == TokenType.STAR
            and following is not None
            and following.text.upper() in ("EXCLUDE", "REPLACE")
        ):
            return following.text
    return "FROM" if tokens and tokens[0].token_type == TokenType.FROM else None


def refuse(statement: exp.Expr) -> None:
    """Raises LookupError for a function that Trino does not have."""
    for node in statement.walk():
        name = name_of(node)
        if name in NOT_TRINOS:
            raise LookupError(f"FUNCTION_NOT_FOUND: Function '{name}' not registered")


NOT_TRINOS = frozenset(
    [
        "strftime",
        "strptime",
        "list_value",
        "list_contains",
        "list_transform",
        "list_filter",
        "list_aggregate",
        "string_split",
        "str_split",
        "regexp_matches",
        "regexp_full_match",
        "epoch_ms",
        "epoch",
        "to_timestamp",
        "make_timestamp",
        "make_date",
        "date_part",
        "datepart",
        "datediff",
        "date_sub",
        "ifnull",
        "nvl",
        "isnan",
        "isinf",
        "len",
        "array_length",
        "string_agg",
        "group_concat",
        "list",
        "struct_pack",
        "struct_extract",
        "map_extract",
        "map_extract_value",
        "read_json",
        "read_csv",
        "read_parquet",
        "json_extract_string",
        "json_valid",
        "json_type",
        "json",
        "to_json",
        "from_json",
        "monthname",
        "dayname",
        "today",
        "generate_series",
        "range",
        "unnest_wider",
        "printf",
        "left",
        "right",
        "contains_string",
        "instr",
        "ascii",
        "regexp_split_to_array",
        "array_contains",
        "array_to_string",
        "list_sort",
        "list_distinct",
        "first",
        "last",
        "mode",
        "median",
        "quantile",
        "quantile_cont",
        "arg_max",
        "arg_min",
        "hash",
        "bit_count",
        "gen_random_uuid",
        "current_localtimestamp",
        "dateadd",
        "date_from_parts",
        "json_extract_path_text",
        "get_json_object",
        "parse_json",
        "try_to_number",
        "iff",
    ]
)
