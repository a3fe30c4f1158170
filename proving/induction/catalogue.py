"""Every law that can be proved, by name."""

from __future__ import annotations

from collections.abc import Mapping

from .law import Law, Provable
from .laws import disruption_budget, job_counters, leases, lost_updates, percentages, rolling_update, topology_spread

PROVABLES: Mapping[str, Provable] = {
    rolling_update.NAME: rolling_update.PROVABLE,
    percentages.ROLLOUT: percentages.ROLLOUT_PROVABLE,
    disruption_budget.NAME: disruption_budget.PROVABLE,
    percentages.BUDGET: percentages.BUDGET_PROVABLE,
    leases.NAME: leases.PROVABLE,
    job_counters.NAME: job_counters.PROVABLE,
    topology_spread.NAME: topology_spread.PROVABLE,
    lost_updates.NAME: lost_updates.PROVABLE,
}
"""The laws, in the order in which they are listed and proved."""


def law_called(name: str, mutation: str = "") -> Law:
    """The law called ``name``, changed by ``mutation`` if one is named; raises ``KeyError`` if there is none such."""
    provable = PROVABLES[name]
    return provable.mutation(mutation).law() if mutation else provable.law()
