"""Architecture 3: a file under a prefix of a bucket becomes an import job, and its course becomes notifications."""
