# SPDX-License-Identifier: Apache-2.0
"""What `failoverd status --json` says, by the words the tests use. The only place that knows the
schema."""

import json


def named(items, name, key="name"):
    return next(item for item in items if item[key] == name)


class Status:
    def __init__(self, text):
        self.json = json.loads(text)

    @property
    def has_quorum(self):
        return self.json["quorum"]["seen"]

    @property
    def is_abstaining(self):
        return self.json["abstaining"] or self.json["relearning"]

    @property
    def guard(self):
        return self.json["guard"]

    @property
    def longest_pause_ms(self):
        return self.json["pauses"]["longest_ms"]

    # members

    def member(self, name):
        return named(self.json["members"], name)

    def heard(self):
        """Names of the members that are heard and hear this one, itself among them."""
        return {m["name"] for m in self.json["members"] if m["state"] in ("self", "up")}

    def paths(self, member):
        """For each path to the member whether something is heard on it."""
        return [path["heard"] for path in self.member(member)["paths"]]

    def refused(self, reason):
        """Datagrams refused for this reason, whoever they claimed to be from."""
        return self.json["strangers"]["refused"].get(reason, 0) + sum(
            member["refused"].get(reason, 0) for member in self.json["members"])

    # roles

    def role(self, name):
        return named(self.json["roles"], name)

    def owner(self, role):
        return self.role(role)["owner"]

    def epoch(self, role):
        return self.role(role)["epoch"]

    def is_active(self, role):
        return self.owner(role) is not None and self.role(role)["phase"] == "up"

    def failures(self, role, node):
        return named(self.role(role)["nodes"], node, "member")["failures"]

    # resources of this member

    def resource(self, name):
        return named(self.json["resources"], name)

    def process(self, resource):
        """The process id, as the machine itself counts; None while it does not run."""
        return self.resource(resource)["pid"]

    def restarts(self, resource):
        return self.resource(resource)["restarts"]
