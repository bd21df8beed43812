"""Runs inside the official client's own environment: calls its methods and prints what they return.

The arguments are the site's address and a token; what changes something is called with the token. Each line of standard input is
a list of [method, arguments], each line of output the list of their results, as the client's models have them, or
{"error": words}. An argument [name, values] is the client's model of that name.
"""

import json
import sys

from paperswithcode import PapersWithCodeClient, models

reader = PapersWithCodeClient(url=sys.argv[1])
writer = PapersWithCodeClient(url=sys.argv[1], token=sys.argv[2])
WRITES = ("_add", "_create", "_update", "_delete", "_synchronize")


def call(method, arguments):
    client = writer if method.endswith(WRITES) else reader
    built = {
        name: getattr(models, value[0])(**value[1]) if isinstance(value, list) else value for name, value in arguments.items()
    }
    found = getattr(client, method)(**built)
    return json.loads(found.json()) if found is not None else None


for line in sys.stdin:
    try:
        answers = [call(method, arguments) for method, arguments in json.loads(line)]
    except Exception as error:
        answers = {"error": repr(error)}
    print(json.dumps(answers), flush=True)
