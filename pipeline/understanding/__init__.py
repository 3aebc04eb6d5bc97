"""Letter and documents → filing: kind, unit, period, records, matches, with evidence and questions."""
