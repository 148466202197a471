"""What Seamline does, one file per verb. Doors call these; they reach tools and stores through ports alone."""
