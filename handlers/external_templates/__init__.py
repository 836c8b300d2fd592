"""Architecture 15: subject and HTML of a campaign's email from templates outside of the project."""
