"""The CronJob controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the function that the controller's rule calls too, and encodes the answer.
"""

from __future__ import annotations

from ..spec.control_plane.controllers.cronjob_decisions import decide, owned, unmet
from ..spec.objects.decoding_cron_job import decode_cron_job
from ..spec.objects.decoding_job import decode_job
from ..spec.objects.plain_data import seconds
from ..spec.objects.schedule import parse_schedule
from .question import Answer, Given, Question, Questions


def _sync(given: Given) -> Answer:
    jobs = [owned(decode_job(data)) for data in given["jobs"]]
    found = decide(decode_cron_job(given["cronJob"]), jobs, seconds(given["now"]))
    return {
        "created": found.create is not None,
        "deleted": bool(found.replaced),
        "active": len(found.active),
        "warnings": found.warnings,
        "requeued": found.requeued,
    }


def _unmet(given: Given) -> Answer:
    cron_job = decode_cron_job(given["cronJob"])
    found = unmet(cron_job, parse_schedule(cron_job.spec.schedule, cron_job.spec.time_zone), seconds(given["now"]))
    return {"times": [] if found.latest is None else [found.latest]}


QUESTIONS: Questions = {
    "what one sync of the CronJob does: job created, job deleted, active jobs afterwards, warning events, requeued for"
    " the next run": Question(_sync),
    "scheduled times not yet acted on": Question(_unmet),
}
