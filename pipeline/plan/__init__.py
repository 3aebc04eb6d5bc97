"""A notice → plan items; items and units → duties; duties and filings → what is due."""
