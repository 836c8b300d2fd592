"""Caps: how many messages one endpoint gets of a campaign, of a journey, of all of an application, in a time or ever."""
