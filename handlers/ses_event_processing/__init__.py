"""Architecture 1: SES's bounce and complaint notifications become entries of the account's suppression list."""
