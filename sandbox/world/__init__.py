"""The outside world: what moto and the embedded AWS lack, as an extension of moto.

`extension.install()` makes moto know it; then `mock_aws` answers its calls in process, and `server` serves them.
"""
