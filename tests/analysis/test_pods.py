"""One pod ill beside a well one speaks against every change that both of them got."""

from seamline.analysis.candidates import Candidate, Mechanism
from seamline.analysis.facts import Facts
from seamline.analysis.pods import Pattern, patterns, weight
from seamline.analysis.stackmap import StackMap, build
from seamline.model.event import Measurement
from seamline.model.organisation import Organisation, Person
from seamline.model.symptom import Observable, Symptom
from tests.analysis.says import at

SERVICE = "service:web"
FROM, TO = 300, 420


def counter(pod: str, code: str, per_step: list[float]) -> Measurement:
    """A pod's requests of one outcome, every 3 s from second 0 on."""
    labels = {"code": code, "pod": pod, "service_name": "web"}
    values, total = [], 0.0
    for grown in per_step:
        total += grown
        values.append(total)
    times = tuple(at(3 * n).timestamp() for n in range(len(values)))
    text = f'http_requests_total{{code="{code}",pod="{pod}"}}'
    return Measurement("test", 1, text, "http_requests_total", labels, SERVICE, times, tuple(values))


def scene(failing: dict[str, float]) -> tuple[Facts, StackMap]:
    """Pods that serve ten requests a scrape, of which this many fail from second 300 on."""
    facts = Facts()
    n_before, n_after = FROM // 3, (TO - FROM) // 3
    for pod, bad in failing.items():
        facts.add([counter(pod, "200", [10.0] * n_before + [10.0 - bad] * n_after)])
        facts.add([counter(pod, "500", [0.0] * n_before + [bad] * n_after)])
    return facts, build(facts, Organisation(name="o", people=(Person("root", "Root"),)))


def ill() -> Observable:
    """The service's errors."""
    symptom = Symptom(at(FROM), at(FROM - 3), 20.0, "errors", (1,))
    return Observable("error_ratio service:web", SERVICE, "error_ratio", 0.02, at(0), at(TO), symptom)


def change(kind: str, second: float) -> tuple[Candidate, dict[str, str]]:
    """A change of the service, and the kinds by id."""
    main = Mechanism(SERVICE, kind, 1.0, at(second).timestamp())
    return Candidate("change:c", "change", 0.02, main, changes=("c",), entity=SERVICE), {"c": kind}


LATENT = Candidate(
    "latent:service:web", "latent", 1e-6, Mechanism(SERVICE, "latent service", 1.0), entity=SERVICE
)


def seen(failing: dict[str, float]) -> tuple[Pattern, StackMap]:
    """The one pattern of a scene."""
    facts, stack = scene(failing)
    (pattern,) = patterns(facts, stack, [ill()])
    return pattern, stack


def test_each_pod_is_judged_by_its_own_figures() -> None:
    """Of two pods that served the same minutes one fails."""
    pattern, _ = seen({"a": 5.0, "b": 0.0})
    assert (pattern.ill, pattern.well) == ({"a"}, {"b"})
    assert pattern.in_words() == "1 of 2 pods of service:web are ill: a"


def test_one_ill_pod_speaks_for_a_fault_in_it() -> None:
    """And against a configuration that its well sibling got too."""
    pattern, stack = seen({"a": 5.0, "b": 0.0})
    config, kinds = change("config", 290)
    assert weight(LATENT, pattern, stack, {}) > 0 > weight(config, pattern, stack, kinds)


def test_a_release_fits_when_its_new_pods_are_the_ill_ones() -> None:
    """Old pods that are well beside them speak for it; were an old one ill, against it."""
    pattern, stack = seen({"old": 0.0, "new": 5.0})
    release, kinds = change("deploy", 250)
    start = at(250).timestamp()
    rolled = Pattern(
        pattern.observable, SERVICE, pattern.ill, pattern.well, {"old": start - 900, "new": start + 20}
    )
    swapped = Pattern(pattern.observable, SERVICE, pattern.well, pattern.ill, rolled.born)
    assert weight(release, rolled, stack, kinds) > 0 > weight(release, swapped, stack, kinds)


def test_all_pods_ill_tell_little() -> None:
    """What hits every pod may be anything that all of them got."""
    pattern, stack = seen({"a": 5.0, "b": 5.0})
    config, kinds = change("config", 290)
    assert pattern.well == frozenset()
    assert weight(config, pattern, stack, kinds) == weight(LATENT, pattern, stack, {})


def test_a_single_pod_has_no_sibling() -> None:
    """Nothing is said of it."""
    facts, stack = scene({"a": 5.0})
    assert patterns(facts, stack, [ill()]) == []
