"""`python -m bench`: what the handlers cost in API calls, time and memory. docs/benchmarks.md says how to read it."""
