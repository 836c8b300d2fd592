"""Who asks for an address to be suppressed: a name that is kept beside it."""

LONGEST = 200


def problem_of(name: str) -> str:
    """Why this cannot be kept as a name, or ""."""
    if len(name) <= LONGEST and name.isprintable():
        return ""
    return f"has {len(name)} characters; allowed are {LONGEST} printable ones"
