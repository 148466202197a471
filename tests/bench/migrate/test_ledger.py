"""The arithmetic of the account, on written cases."""

from seamline.bench.migrate.ledger import Account, compared


def test_all_that_was_told_is_committed_once() -> None:
    """The plain case is exact."""
    found = compared({(0, 1): ([1, 2], 3)}, {(0, 1, 1): 1, (0, 1, 2): 1})
    assert (found, found.exact) == (Account(2, 0, 0, 0, 0), True)


def test_an_acknowledged_write_that_is_not_there_is_missing() -> None:
    """A loss is never exact."""
    found = compared({(0, 1): ([1, 2], 3)}, {(0, 1, 1): 1})
    assert (found.n_missing, found.exact) == (1, False)


def test_a_refused_write_that_was_committed_is_unexpected() -> None:
    """Number 1 failed for the client, and yet it is there."""
    found = compared({(0, 1): ([2], 3)}, {(0, 1, 1): 1, (0, 1, 2): 1})
    assert (found.n_unexpected, found.exact) == (1, False)


def test_a_write_that_was_committed_twice_is_doubled() -> None:
    """Once acknowledged is once committed."""
    found = compared({(0, 1): ([1], 2)}, {(0, 1, 1): 2})
    assert (found.n_doubled, found.exact) == (1, False)


def test_the_write_after_the_last_one_is_in_doubt() -> None:
    """A client that was cut off may have been heard; one further on may not."""
    found = compared({(0, 1): ([1], 2)}, {(0, 1, 1): 1, (0, 1, 2): 1})
    assert (found.n_in_doubt, found.exact) == (1, True)
    assert compared({(0, 1): ([1], 2)}, {(0, 1, 1): 1, (0, 1, 3): 1}).n_unexpected == 1


def test_a_client_without_a_line_has_its_first_write_in_doubt() -> None:
    """Cut off before its first answer, it may have been heard once."""
    found = compared({}, {(0, 1, 1): 1})
    assert (found.n_in_doubt, found.exact) == (1, True)
