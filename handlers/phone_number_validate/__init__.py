"""Architecture 4: the phone numbers of unverified endpoints are validated, brought into E.164 and written back."""
