"""A custom channel that writes to people in WhatsApp, through AWS End User Messaging Social."""
