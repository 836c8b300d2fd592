"""Behind `engagement failures`: where ends what could not be done, how to look at it, and the way back."""
