"""Loading what was exported from Amazon Pinpoint: endpoints, segment definitions and templates."""
