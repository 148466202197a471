"""The price cache behind the flapping alert."""

from lab.clinic.billing import RATIO_WINDOW_S, PriceCache


def test_prices_are_forgotten_together() -> None:
    """After its lifetime the cache is empty, and the hit ratio dips until prices were looked up again."""
    cache = PriceCache(lifetime_s=50.0, now_s=0.0)
    assert cache.find("proc-1", 1.0) is None
    cache.keep("proc-1", 100)
    assert cache.find("proc-1", 2.0) == 100
    assert cache.find("proc-1", 51.0) is None


def test_ratio_is_of_the_last_seconds() -> None:
    """Lookups older than the window don't count; without lookups nothing is cold."""
    cache = PriceCache(lifetime_s=50.0, now_s=0.0)
    assert cache.hit_ratio(0.0) == 1.0
    cache.find("proc-1", 1.0)
    cache.keep("proc-1", 100)
    cache.find("proc-1", 2.0)
    assert cache.hit_ratio(2.0) == 0.5
    assert cache.hit_ratio(1.5 + RATIO_WINDOW_S) == 1.0
