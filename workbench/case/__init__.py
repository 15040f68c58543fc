"""The only room that opens SQLite or the evidence folder."""
