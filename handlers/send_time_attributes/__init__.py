"""Architecture 14: attributes that are looked up when a campaign sends."""
