"""Architecture 17: imports are followed by phone validation, and that by a campaign; failures reach one alert topic."""
