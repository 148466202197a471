"""What the command line prints: lists, trees, verdicts and stories; no rules, no colour where nobody sees it."""
