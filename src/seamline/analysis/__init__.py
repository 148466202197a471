"""Pure functions of facts: map, symptoms, causes. No clock, no chance, no I/O."""
