"""The order of calls: each flow is one module, each step one transaction."""
