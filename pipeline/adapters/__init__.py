"""The world, one library a file. Contains no business logic."""
