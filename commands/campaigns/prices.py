"""List prices that no event tells: what a text costs is told with it, what an email costs is not."""

EMAIL_DOLLARS = 0.10 / 1000
"""An email that SES took, one recipient each, priced à la carte in us-east-1, without data, dedicated addresses and free tier.

Source: AWS's price list of AmazonSES, published 2026-07-22 (usage type Recipients), as API Evangelist's "Amazon SES plans and
pricing" of 2026-08-13 quotes it. An account that first sent after 2026-07-21 is on plan Essentials: $0.16 for 1,000.
"""
