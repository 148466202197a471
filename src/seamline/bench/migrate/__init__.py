"""What a migration under live traffic costs: stalls, losses and time, beside the naive statement in the same run."""
