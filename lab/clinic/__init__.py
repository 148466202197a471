"""The programs of the clinic: its services, the platform they run on, its desk and its patients."""
