"""Small histories written as lines of text: a map as in `says`, who is watched, what moves, what breaks.

watch service:a                 requests that succeed, scraped every 5 s
fails service:a 300             requests of which half fail from second 300 on (or `300 420`: until 420)
fires service:a 306             an alert
deploy service:a 290            a change of any kind: `config`, `scale`, `schema` ...; then facts as `key=value`
planned service:a 290           a release that was announced and never reported as made
staged service:a 290            a release in another environment
sample METRIC REF 0 60          a gauge: the value from that second on
tickets desk:help 320 6         so many alike tickets within a minute, each by somebody else
idle desk:help 10               one ticket about something else
now 400                         the moment of the opinion (once; the traffic ends there)
stack callers                   the lines of one of `STACKS`
any other line                  see `says`
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from seamline.analysis import stackmap
from seamline.analysis.facts import Facts
from seamline.analysis.opinion import Base, Opinion, opine
from seamline.analysis.ownership import Tree
from seamline.model import event as ev
from seamline.model.incident import Incident
from seamline.model.organisation import Organisation
from seamline.model.refs import event_id, name_of
from tests.analysis.says import at, change, read_lines, samples

STACKS = {
    "callers": """
        declared service:web wes
        declared service:api ana
        declared service:other otto
        declared desk:help dora
        service:web calls service:api
        desk:help answers_for service:web
    """,
    "pool": """
        declared service:booking ben
        declared deployment:n/web pia
        declared autoscaler:n/web pia
        declared database:db omar
        service:booking runs_on deployment:n/web
        service:booking uses database:db
        autoscaler:n/web scales deployment:n/web
        sample kube_deployment_status_replicas deployment:n/web 0 2
        deploy service:booking 10 db_pool_size=4
    """,
}
STEP_S = 5.0
N_PER_STEP = 100.0
KINDS = ("deploy", "config", "scale", "schema", "flag", "data", "manual")
WORDS = (*KINDS, "watch", "fails", "fires", "planned", "staged", "sample", "tickets", "idle")


def read_scene(text: str) -> tuple[list[ev.Event], Organisation, float]:
    """Events, what is declared, and the second of the opinion."""
    for name, lines in STACKS.items():
        text = text.replace(f"stack {name}\n", lines)
    rows = [row.split() for row in text.splitlines() if row.strip()]
    now = next((float(row[1]) for row in rows if row[0] == "now"), 400.0)
    known, organisation = read_lines(" ".join(r) for r in rows if r[0] not in (*WORDS, "now"))
    events = list(known)
    for seq, row in enumerate((r for r in rows if r[0] in WORDS), start=len(events) + 1):
        events += _told_by(row, seq, now)
    return events, organisation, now


def _told_by(row: Sequence[str], seq: int, now: float) -> list[ev.Event]:
    word, ref, *rest = row
    match word:
        case "watch" | "fails":
            return [*_traffic(ref, [float(r) for r in rest], now, seq)]
        case "fires":
            second = float(rest[0])
            labels = {"alertname": f"{name_of(ref)}Down"}
            name = labels["alertname"]
            return [ev.Alert(name, "test", seq, at(second), at(second), name, name, ref, labels, True)]
        case "sample":
            entity, second, value = rest[0], float(rest[1]), float(rest[2])
            return [samples(ref, entity, [(second, value), (second + 1, value)], seq)]
        case "tickets":
            return [_ticket(ref, float(rest[0]) + 9 * n, n, seq) for n in range(int(rest[1]))]
        case "idle":
            return [_ticket(ref, float(rest[0]), -1, seq)]
    return [_change(word, ref, rest, seq)]


def _change(word: str, ref: str, rest: Sequence[str], seq: int) -> ev.Change:
    facts: dict[str, float | str] = {}
    for pair in rest[1:]:
        key, _, value = pair.partition("=")
        facts[key] = float(value) if value.replace(".", "").isdigit() else value
    kind = word if word in KINDS else "deploy"
    made = change(ref, float(rest[0]), kind, seq, **facts)  # type: ignore[arg-type]
    if word == "planned":
        return replace(made, state="announced")
    return replace(made, dims={"environment": "staging"}) if word == "staged" else made


def _ticket(desk: str, second: float, n: int, seq: int) -> ev.Ticket:
    id_ = event_id("test", f"{desk} {second:g} {n}")
    text = "parking near the entrance" if n < 0 else "booking page shows an error again"
    return ev.Ticket(id_, "test", seq, at(second), at(second), id_, desk, text, text, f"p_{n}")


def _traffic(ref: str, failing: Sequence[float], now: float, seq: int) -> Iterable[ev.Measurement]:
    """Two counters of one service: a steady load, half of it failing from the first to the second number."""
    start, end = (*failing, float("inf"), float("inf"))[:2] if failing else (float("inf"), float("inf"))
    times = [n * STEP_S for n in range(int(now // STEP_S) + 1)]
    good, bad, total_good, total_bad = [], [], 0.0, 0.0
    for t in times:
        broken = start <= t < end
        total_good += N_PER_STEP / 2 if broken else N_PER_STEP
        total_bad += N_PER_STEP / 2 if broken else 0.0
        good.append(total_good)
        bad.append(total_bad)
    name = name_of(ref)
    for code, values in (("200", good), ("500", bad)):
        labels = {"service_name": name, "code": code}
        yield ev.Measurement(
            "test", seq, f'http_requests_total{{code="{code}",service_name="{name}"}}', "http_requests_total",
            labels, ref, tuple(at(t).timestamp() for t in times), tuple(values),
        )  # fmt: skip


def opinion(events: Iterable[ev.Event], organisation: Organisation, now: float) -> Opinion:
    """The opinion on these events, as of a second, with this organisation in force."""
    facts = Facts()
    facts.add(events)
    facts.saw(1, at(now))
    stack = stackmap.build(facts, organisation)
    base = Base((facts.map_version, 0), organisation, Tree(organisation, stack.canonical), stack)
    return opine(facts, base)


def look(text: str) -> Opinion:
    """The opinion on a scene."""
    return opinion(*read_scene(text))


def in_words(o: Opinion) -> list[str]:
    """One line per incident: cause, the entities it was said of, seam, person, and what showed it."""
    return [_line(i) for i in o.incidents]


def _line(i: Incident) -> str:
    top = i.causes[0]
    shows = ", ".join(sorted({" ".join(s.split(" ")[:2]) for s in i.symptoms}))
    return (
        f"{top.kind} {top.title or top.entity} | {' '.join(top.seam or ('-',))} | {i.accountable} | {shows}"
    )
