"""What an event that an app reports begins: a participant's way through a journey, a message of a campaign."""
