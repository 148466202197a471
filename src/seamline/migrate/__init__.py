"""The PostgreSQL migration conductor: a plan becomes steps, and each step is done once, whatever dies in between.

States of a migration, kept in schema `seam` of the database it changes:

    DRAFT > PLANNED > APPROVED > EXPAND > SYNC > VERIFY > READY > CUTOVER > SOAK > CONTRACT > DONE
            from any of them before CONTRACT:  > REVERTING > REVERTED
    over any of them:  PAUSED (the database needs its breath), BLOCKED (somebody has to act; it says who and why)

The truth is in the database alone. A step's work and its journal row are one transaction, and every transaction
starts by holding the epoch of its conductor, so that a conductor that was taken over can't do any more.
"""
