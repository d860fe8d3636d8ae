"""``--output FORMAT[=FILE]``, as several commands take it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import click

from gitops.models.errors import UserError

Outputs = tuple[tuple[str, Path | None], ...]


class Output(click.ParamType[tuple[str, Path | None]]):
    """``FORMAT`` or ``FORMAT=FILE``."""

    name = "FORMAT[=FILE]"

    def __init__(self, formats: Iterable[str]) -> None:
        self._formats = tuple(formats)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path | None]:
        """The format's name and the file, None for standard output."""
        if isinstance(value, tuple):
            return value
        name, equals, file = str(value).partition("=")
        if name not in self._formats:
            self.fail(f"'{name}' is no format; there are {', '.join(self._formats)}", param, ctx)
        if equals and not file:
            self.fail(f"'{value}' names no file", param, ctx)
        return name, Path(file) if file else None


def day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date:
    """The day that ``--now`` names, else today."""
    return value.date() if value else datetime.now(UTC).date()


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime:
    """The time that ``--now`` names, in UTC where it names no other zone; else now."""
    if value is None:
        return datetime.now(UTC)
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is no time such as 2026-11-24T12:00:00Z", ctx, param) from None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def refuse_clashes(outputs: Outputs) -> None:
    """Two reports in one place would be neither."""
    places = [file for _, file in outputs]
    if places.count(None) > 1:
        raise UserError("only one report can go to standard output; give the others a file: --output FORMAT=FILE")
    named = [file.resolve() for file in places if file]
    if len(set(named)) < len(named):
        raise UserError("two reports are to go into one file; give each its own")


def deliver(text: str, file: Path | None) -> None:
    """Prints a report, or writes it whole or not at all."""
    if file is None:
        click.echo(text, nl=False)
        return
    from gitops.adapters.cache import write_atomically

    try:
        write_atomically(file, text.encode())
    except OSError as error:
        raise UserError(f"the report can't be written to {file}: {error.strerror or error}") from error
