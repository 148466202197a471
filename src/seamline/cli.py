"""The command line: argv becomes one call of `app`, and what comes back is printed.

Commands import what they need when they run, so that `seamline --help` stays quick. Exit codes: 0 done, 2 the
caller has to mend something, 3 the gate holds, 4 the gate can't know, 70 a defect of ours.
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from seamline.terminal import acts, benches, checking, exits, impact, migrate, reading
from seamline.terminal.arguments import (
    AsOfOption,
    HomeOption,
    JsonOption,
    log_positions,
    text_of,
)
from seamline.terminal.homes import opened as _open
from seamline.terminal.homes import opened_to_write as _open_to_write
from seamline.terminal.served import done

if TYPE_CHECKING:
    from seamline.app.home import Home
    from seamline.model.verdict import Verdict

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="One log, one map, one name: every failure gets one cause, one seam and one accountable person.",
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"seamline {version('seamline')}")
        raise typer.Exit


@app.callback()
def main_options(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option("--home", metavar="DIR", help="Data folder [$SEAMLINE_HOME].")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """`--home` may stand before the command as well as after it."""
    if home is not None and context.invoked_subcommand:
        context.default_map = {context.invoked_subcommand: {"home": home}}


# -- a home ------------------------------------------------------------------
@app.command()
def init(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders that hold your checkouts.")
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="DIR", help="Keep what is found here; nothing is written without."),
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="The whole-stack owner [git's user.name].")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The organisation.")] = "Our organisation",
    org: Annotated[
        Path | None, typer.Option("--org", metavar="FILE", help="A seamline.toml that says who is there.")
    ] = None,
    postgres: Annotated[
        list[str] | None,
        typer.Option(
            "--postgres", metavar="DSN", help="A database whose catalogue is read as well, read-only."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Cut no list short.")] = False,
    json: JsonOption = False,
) -> None:
    """Read checkouts and print the stack: seams, owners, troubles. Without PATH: make a home with one owner."""
    from seamline.bootstrap import default_home
    from seamline.terminal import surveying

    if paths or postgres:
        asked = surveying.Asked(paths or [], postgres or [], owner, name, org)
        surveying.read(asked, home, every=every, json=json)
    else:
        surveying.make(home or default_home(), owner, name)


@app.command()
def configure(home: HomeOption) -> None:
    """Check seamline.toml and put it into force. A running `serve` follows edits by itself."""
    from seamline.app.act import Configure

    print(done(home, Configure()).said)


@app.command()
def serve(
    home: HomeOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 8484,
) -> None:
    """Run the inbox, the API and the console until Ctrl-C."""
    with _open_to_write(home) as opened:
        _serve(opened, host, port)


def _serve(home: "Home", host: str, port: int) -> None:
    from dataclasses import replace

    from seamline.app.perform import performing
    from seamline.app.reader import Reader
    from seamline.app.watch import Watch
    from seamline.bootstrap import open_actions
    from seamline.console import Console
    from seamline.http.serve import serve as listen
    from seamline.http.verbs import HomeVerbs

    watch = Watch(home)
    reader = Reader(home, watch.triage)
    console = Console(home, reader)
    with performing(home, open_actions(home.path)) as performer:
        listen(
            home,
            HomeVerbs(replace(home, followed=True)),
            host=host,
            port=port,
            on_batch=performer.after(reader.after(watch), watch.triage),
            after=watch.position,
            handlers=console.handlers,
            on_end=console.end,
        )


@app.command()
def demo(
    home: Annotated[Path | None, typer.Option("--home", metavar="DIR", help="Keep the home here.")] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the story.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 8484,
) -> None:
    """Tell a recorded Friday: what broke, why, and whose it is."""
    from tempfile import TemporaryDirectory

    from seamline.app import demo as verb
    from seamline.terminal import progress, story

    with (
        TemporaryDirectory(prefix="seamline-demo-") as folder,
        _open(home or Path(folder), write=True) as opened,
    ):
        with progress.on_stderr("replaying a recorded Friday") as on_progress:
            told = verb.run(opened, on_progress)
        story.show(told)
        if not no_serve:
            _serve(verb.standing_still(opened, told), "127.0.0.1", port)


@app.command()
def ingest(
    home: HomeOption,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help=".jsonl, .jsonl.zst, or - for stdin.")
    ],
) -> None:
    """Take recorded deliveries into the log. What is there already is not taken twice."""
    from seamline.app import replay as verb
    from seamline.terminal import progress

    with _open_to_write(home) as opened:
        for file in files:
            with progress.on_stderr(file) as on_progress:
                n_read, n_new, _ = verb.play(opened, file, on_progress)
            print(f"{file}: {n_read} deliveries, {n_new} new")


# -- reading -----------------------------------------------------------------
app.add_typer(reading.app)


# -- what a change does downstream -------------------------------------------
app.add_typer(impact.app)
app.add_typer(checking.app)


# -- a database that changes ---------------------------------------------------
app.add_typer(migrate.app, name="migrate")


# -- a person's word ---------------------------------------------------------
app.add_typer(acts.app)


@app.command()
def erase(
    home: HomeOption,
    positions: Annotated[list[str], typer.Argument(metavar="SEQ...", help="Log positions: 17, or 20-25.")],
    why: Annotated[str, typer.Option("--why", help="One line, kept on record.")],
) -> None:
    """Remove the bodies of deliveries for good. Their envelopes and the reason stay."""
    from seamline.app.act import Erase

    print(done(home, Erase(tuple(seq for text in positions for seq in log_positions(text)), why)).said)


# -- the gate, and proof -----------------------------------------------------
def _verdict(home: Path, change: str, as_of: datetime | None) -> "Verdict":
    """The verdict, on record where it is about now: a running server or another writer keeps no pipeline waiting."""
    from seamline.app import gate as verb
    from seamline.app.act import Gate
    from seamline.model.errors import Busy

    if as_of is None:
        try:
            answer = done(home, Gate(change)).verdict
            assert answer is not None
            return answer
        except Busy as error:
            exits.tell(f"note: {error}, so this verdict is not on record")
    with _open(home) as opened:
        return verb.gate(opened, change, as_of)


@app.command()
def gate(
    home: HomeOption,
    change: Annotated[
        str, typer.Argument(metavar="CHANGE", help="JSON file, - for stdin, the JSON itself, or an event id.")
    ],
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Ask whether a change may go: exit 0 pass, 3 hold, 4 unknown."""
    from seamline.terminal import verdict as drawn

    answer = _verdict(home, text_of(change), as_of)
    if json:
        sys.stdout.write(drawn.as_json(answer))
    else:
        drawn.show(answer)
    raise typer.Exit({"pass": 0, "hold": exits.HOLD, "unknown": exits.UNKNOWN}[answer.outcome])


@app.command()
def replay(
    home: HomeOption,
    export: Annotated[bool, typer.Option("--export", help="Print all views as sorted text.")] = False,
    until: Annotated[int | None, typer.Option("--until", min=0, metavar="SEQ", help="Log position.")] = None,
    as_of: AsOfOption = None,
) -> None:
    """Rebuild every opinion from the log. Equal logs give equal bytes."""
    from hashlib import sha256

    from seamline.app import replay as verb

    digest, n_lines = sha256(), 0
    with _open(home) as opened:
        for line in verb.export(opened, until, as_of):
            digest.update(line.encode())
            n_lines += 1
            if export:
                sys.stdout.write(line)
    if not export:
        print(f"{n_lines} lines rebuilt, sha256 {digest.hexdigest()}")


app.add_typer(benches.app, name="bench")


def main() -> NoReturn:
    """The `seamline` program."""
    exits.print_what_can_be_printed()
    sys.exit(exits.run(app, sys.argv[1:]))


if __name__ == "__main__":
    main()
