"""A file of addresses that nobody is to write to any more goes onto every list that holds messages back."""
