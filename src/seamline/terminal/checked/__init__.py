"""What a check of a diff says: for the terminal, a code scanner (SARIF) and a pull request (Markdown)."""
