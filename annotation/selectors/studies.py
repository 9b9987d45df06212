"""What a study of thresholds found: rule by rule, the filter against people in three readings, and people among themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.agreement import (
    Estimate,
    FilterAgreement,
    Judged,
    PeopleAgreement,
    Rating,
    Reading,
    Undefined,
    filter_readings,
    kappa_ceiling,
    people_agreement,
)
from annotation.certificates import DrawnRecord, Procedure, read
from annotation.models import Item, Queue
from annotation.selectors.audits import audit_items, audit_procedure
from curation.policies.words import rule_words
from curation.selectors.policies import policy_rules


@dataclass(frozen=True, slots=True)
class StudyRule:
    """One rule: ``judged`` of ``drawn`` clips at the head of its order have all their votes.

    ``ceiling`` is the largest κ that the agreement allows; ``left_out`` could not be judged.
    """

    ordinal: int
    words: str
    question: str
    threshold: float
    drawn: int
    judged: int
    passing: int
    readings: dict[Reading, FilterAgreement]
    people: PeopleAgreement
    ceiling: float | Undefined
    items: tuple[Judged, ...]

    @property
    def disputed(self) -> int:
        """Judged clips on which the votes differ."""
        return self.readings[Reading.AGREED].disputed


@dataclass(frozen=True, slots=True)
class StudyReport:
    """All rules of a study; ``means`` is the plain mean over rules of each reading's accuracy, as TalkVid prints it."""

    queue: Queue
    rules: tuple[StudyRule, ...]
    means: dict[Reading, float | Undefined]
    per_side: int
    band: float

    @property
    def judged(self) -> int:
        """Judged clips of all rules together."""
        return sum(rule.judged for rule in self.rules)

    @property
    def drawn(self) -> int:
        """Drawn clips of all rules together."""
        return sum(rule.drawn for rule in self.rules)


def study_report(queue: Queue) -> StudyReport | Undefined:
    """Every rule of a study from the head of its order; not defined for a queue that is none."""
    if queue.kind != Queue.Kind.STUDY or not queue.blind:
        return Undefined("only a blind study says how a rule and people agree near its threshold")
    contexts = {
        item: (question, context)
        for item, question, context in Item.objects.filter(queue=queue).values_list(
            "pk", "question", "context"
        )
    }
    words = [rule_words(rule) for rule in policy_rules(queue.policy)] if queue.policy else []
    order = dict(Item.objects.filter(queue=queue).values_list("pk", "position"))
    rules = []
    for question in dict.fromkeys(question for question, _ in contexts.values() if question):
        procedure = audit_procedure(queue, question=question)
        (level,) = procedure.accepts
        records = [item.record for item in audit_items(queue, question=question, levels=level)]
        mine = [record for record in records if contexts[record.item][0] == question]
        for ordinal in sorted({contexts[record.item][1]["ordinal"] for record in mine}):
            rows = [record for record in mine if contexts[record.item][1]["ordinal"] == ordinal]
            rows.sort(key=lambda record: order[record.item])
            sides = {record.item: contexts[record.item][1]["side"] == "pass" for record in rows}
            threshold = contexts[rows[0].item][1]["threshold"]
            text = words[ordinal] if ordinal < len(words) else question
            rules.append(_rule(ordinal, text, question, threshold, rows, sides, procedure))
    rules.sort(key=lambda rule: rule.ordinal)
    return StudyReport(
        queue,
        tuple(rules),
        {reading: _mean(rules, reading) for reading in Reading},
        queue.draw.frame.get("per_side", 0),
        queue.draw.frame.get("band", 0.0),
    )


def _rule(
    ordinal: int,
    words: str,
    question: str,
    threshold: float,
    rows: Sequence[DrawnRecord],
    sides: dict[int, bool],
    procedure: Procedure,
) -> StudyRule:
    head = []
    for record in rows:
        if not record.out and sum(cast.answer is not None for cast in record.votes) < procedure.overlap:
            break
        head.append(record)
    accepts = procedure.accepts[rows[0].level]
    judged: list[Judged] = []
    ratings: list[Rating] = []
    for record in head:
        votes = [(cast.rater, cast.answer in accepts) for cast in record.votes if cast.answer is not None]
        said = read(record, procedure)
        verdict = None if said.answer is None else said.accepted
        judged.append(Judged(sides[record.item], tuple(vote for _, vote in votes), verdict, str(record.clip)))
        ratings.extend(Rating(str(record.item), rater, vote) for rater, vote in votes)
    people = people_agreement(ratings, categories=(True, False), pairs=False)
    return StudyRule(
        ordinal=ordinal,
        words=words,
        question=question,
        threshold=threshold,
        drawn=len(rows),
        judged=len(head),
        passing=sum(one.passed for one in judged),
        readings=filter_readings(judged),
        people=people,
        ceiling=kappa_ceiling(people.items - people.disputed, people.items),
        items=tuple(judged),
    )


def _mean(rules: Sequence[StudyRule], reading: Reading) -> float | Undefined:
    found = [rule.readings[reading].table.accuracy for rule in rules]
    values = [one.value for one in found if isinstance(one, Estimate)]
    if not values or len(values) < len(found):
        return Undefined("not every rule has judged clips in this reading")
    return sum(values) / len(values)
