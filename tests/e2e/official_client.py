"""Runs inside the official client's own environment: calls its methods and prints what they return.

The argument is the site's address. Each line of standard input is a list of [method, arguments], each line of output the list of
their results, as the client's models have them, or {"error": words}.
"""

import json
import sys

from paperswithcode import PapersWithCodeClient

client = PapersWithCodeClient(url=sys.argv[1])
for line in sys.stdin:
    try:
        answers = [json.loads(getattr(client, method)(**arguments).json()) for method, arguments in json.loads(line)]
    except Exception as error:
        answers = {"error": repr(error)}
    print(json.dumps(answers), flush=True)
