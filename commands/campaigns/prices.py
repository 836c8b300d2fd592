"""List prices that no event tells: what a text costs is told with it, what an email costs is not."""

EMAIL_DOLLARS = 0.10 / 1000
"""An email that SES took, one recipient each, in every Region, without data, dedicated addresses and free tier.

Source: "Amazon SES pricing" (https://aws.amazon.com/ses/pricing/), outbound email at $0.10 for 1,000; date of the price: 2026-11-29.
"""
