"""Run by Label Studio's own Python: an owner and so many annotators of one organisation; prints their tokens as JSON.

It is handed to that Python by `benchmarks.peer_room` and imports nothing of Rushes.
"""

import json
import sys

import django

django.setup()

from organizations.functions import create_organization  # type: ignore[import-not-found]  # noqa: E402
from rest_framework.authtoken.models import Token  # type: ignore[import-not-found]  # noqa: E402
from users.models import User  # type: ignore[import-not-found]  # noqa: E402

people = [
    User.objects.create(email=f"bench-{n}@example.org", username=f"bench-{n}")
    for n in range(int(sys.argv[1]) + 1)
]
owner = people[0]
organisation = create_organization("Benchmark", owner, legacy_api_tokens_enabled=True)
for person in people:
    if person is not owner:
        organisation.add_user(person)
    person.active_organization = organisation
    person.save(update_fields=["active_organization"])
print(json.dumps([Token.objects.get_or_create(user=person)[0].key for person in people]))
