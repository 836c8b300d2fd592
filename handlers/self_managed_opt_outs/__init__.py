"""Architecture 11: text messages such as STOP, START and HELP, and who is opted out because of them."""
