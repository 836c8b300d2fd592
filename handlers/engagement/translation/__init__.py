"""Delivery events of SES and of End User Messaging become events of the project's stream, in Pinpoint's event JSON."""
