"""What an address is, how it is read and when two are the same: the one place for it. One file for each concept; only
`phone_numbers` and, for names that are not ASCII, `domains` load a library.
"""
