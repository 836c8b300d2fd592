"""Architecture 12: the rows of a CSV file that arrives in a bucket are sent as text messages, each once, or reported."""
