"""`proactive topics`: are our topics on the brokers as they must be?"""

import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("topics")(compare)


def compare(
    mend: Annotated[bool, typer.Option("--mend", help="Create what is missing and set what is set otherwise.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the topics with what is declared: partitions, copies, how long, how safe. Exit 1 when they differ."""
    from proactive import topics
    from proactive.brokers import brokers
    from proactive.settings import read

    settings = read()
    reached, names = brokers(settings), topics.topics(settings)
    asked = {"partitions": settings.kafka_partitions, "replication": settings.kafka_replication}
    wanted, found = topics.compared(reached, names, **asked)
    if mend and found:
        topics.mend(reached.admin(), wanted, found)
        found = topics.differences(reached.admin(), wanted, wait=topics.WAIT)
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "topics": [
                        {
                            "name": one.name,
                            "partitions": one.partitions,
                            "replication": one.replication,
                            **one.settings,
                        }
                        for one in wanted
                    ],
                    "differences": [
                        {"topic": one.topic, "what": one.what, "wanted": one.wanted, "found": one.found}
                        for one in found
                    ],
                }
            )
        )
    else:
        for topic in wanted:
            settled = ", ".join(f"{name} {value}" for name, value in topic.settings.items())
            typer.echo(f"{topic.name}: {topic.partitions} partitions, {topic.replication} copies, {settled}")
        for one in found:
            typer.echo(f"{one}{'' if one.ours_to_mend else ' Whoever runs the brokers mends that.'}", err=True)
        if any(one.ours_to_mend for one in found):
            typer.echo("`proactive topics --mend` makes and sets what we may.", err=True)
    if found:
        raise typer.Exit(1)
