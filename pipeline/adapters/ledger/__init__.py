"""The SQLite ledger: migrations, and one file per thing it remembers. Contains no business logic."""
