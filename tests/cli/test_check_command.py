"""`kubemodel check`: exit codes, limits, interrupts, what goes where."""

from __future__ import annotations

import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubemodel.checker.result import Progress as Snapshot
from kubemodel.cli import checking, progress
from kubemodel.cli.main import run
from kubemodel.spec.manifests.coverage import TEMPLATES

EXAMPLES = Path(__file__).parents[2] / "examples"
CART = EXAMPLES / "shop" / "cart.yaml"
STUCK = EXAMPLES / "stuck-rollout"
ALONE = EXAMPLES / "all-on-one-node"

Said = tuple[int, str, str]
Check = Callable[..., Said]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs `kubemodel check`; its exit code, standard output and standard error."""

    def check(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = run(["check", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return check


def scenario(tmp_path: Path, source: Path, name: str = "story.yaml", **changes: Any) -> Path:
    """A copy of a scenario with other fields; None takes one away."""
    said = {**yaml.safe_load(source.read_text()), **changes}
    said["manifests"] = [str(source.parent / path) for path in said["manifests"]]
    if "users" in said:
        said["users"] = [[{"apply": str(source.parent / action["apply"])} for action in todo] for todo in said["users"]]
    path = tmp_path / name
    path.write_text(yaml.safe_dump({field: value for field, value in said.items() if value is not None}))
    return path


class TestExitCodes:
    def test_0_where_everything_holds(self, check: Check) -> None:
        code, out, err = check(CART)
        assert (code, err) == (0, "")
        assert out.startswith("Verdict: holds\n\ncart: holds   (645 states, 1,810 transitions, depth 13, complete)\n")
        assert out.endswith("\nVerdict: holds\n")

    def test_11_where_the_cluster_gets_stuck(self, check: Check, tmp_path: Path) -> None:
        code, out, _ = check(scenario(tmp_path, STUCK / "broken.yaml", expect=None))
        assert code == 11
        assert "Verdict: violated: deployment-eventually-complete" in out

    def test_12_where_a_safety_property_is_violated(self, check: Check, tmp_path: Path) -> None:
        code, out, _ = check(scenario(tmp_path, ALONE / "broken.yaml", expect=None))
        assert code == 12
        assert "Verdict: violated: deployment-survives-faults" in out

    def test_the_lowest_of_several_violations(self, check: Check, tmp_path: Path) -> None:
        safety = scenario(tmp_path, ALONE / "broken.yaml", "safety.yaml", expect=None)
        stuck = scenario(tmp_path, STUCK / "broken.yaml", "stuck.yaml", expect=None)
        code, out, _ = check(safety, stuck, CART.parent / "cache.yaml")
        assert code == 11
        assert f"All 2 scenarios:\n  violated     {safety}\n  violated     {stuck}\n" in out

    def test_1_where_an_expectation_is_not_met(self, check: Check, tmp_path: Path) -> None:
        path = scenario(tmp_path, STUCK / "broken.yaml", expect={"verdict": "holds", "states": 7, "steps": 8})
        code, out, _ = check(path)
        assert code == 1
        assert "Not as expected: expected verdict holds, found violated\n" in out
        assert "Not as expected: expected states 7, found 48\n" in out
        assert "expected steps" not in out
        assert "As expected." not in out

    def test_an_expected_counterexample_that_does_not_come(self, check: Check, tmp_path: Path) -> None:
        expect = {"verdict": "violated", "property": "deployment-eventually-complete", "steps": 3}
        code, out, _ = check(scenario(tmp_path, ALONE / "fixed.yaml", expect=expect))
        assert code == 1
        assert "expected property deployment-eventually-complete, found none violated\n" in out
        assert "expected steps 3, found no counterexample\n" in out

    def test_3_where_nothing_is_modelled(self, check: Check, tmp_path: Path) -> None:
        path = tmp_path / "map.yaml"
        path.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        code, out, _ = check(path)
        assert code == 3
        assert out.startswith(
            "Verdict: vacuous: there is no workload of a kind that is modelled, so nothing was checked"
        )

    def test_70_for_an_error_of_its_own(self, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError("unforeseen")

        monkeypatch.setattr("kubemodel.cli.check_command.run", fail)
        code, out, err = check(CART)
        assert (code, out) == (70, "")
        assert "this is a fault of kubemodel" in err.splitlines()[-1]


class TestLimits:
    @pytest.mark.parametrize(
        ("limit", "bound"),
        [
            (["--max-states", "50"], "max-states"),
            (["--max-depth", "3"], "max-depth"),
            (["--timeout", "0.000001"], "timeout"),
            (["--max-memory", "50"], "memory"),
            (["--pod-slots", "1"], "slots"),
        ],
    )
    def test_a_limit_makes_the_verdict_undetermined_and_names_what_to_raise(
        self, check: Check, limit: list[str], bound: str
    ) -> None:
        code, out, _ = check(CART, *limit)
        assert code == 3
        assert out.startswith(f"Verdict: undetermined: {bound}\n\ncart: undetermined   (")
        assert f"(raise {limit[0]})" in " ".join(out.split())
        assert "not complete)" in out
        code, said, _ = check(CART, *limit, "--format", "json")
        (group,) = json.loads(said)["scenarios"][0]["groups"]
        assert code == 3
        assert [(each["name"], each["raise"]) for each in group["bounds"]] == [(bound, limit[0])]
        assert {prop["verdict"] for prop in group["properties"]} == {"undetermined"}

    @pytest.mark.parametrize(
        ("limit", "bound"), [("--max-states", "max-states"), ("--timeout", "timeout"), ("--max-memory", "memory")]
    )
    def test_the_way_to_where_a_story_begins_is_limited_too(self, check: Check, limit: str, bound: str) -> None:
        amount = {"--max-states": "2", "--timeout": "0.000001", "--max-memory": "50"}[limit]
        code, out, _ = check(STUCK / "deployment.yaml", "--user", "scale=web=1", limit, amount)
        assert code == 3
        assert out.startswith(f"Verdict: undetermined: {bound}\n")
        assert "before the manifests came to rest" in " ".join(out.split())
        assert f"(raise {limit})" in " ".join(out.split())

    def test_bounds_of_a_scenario_are_limits_and_flags_override_them(self, check: Check, tmp_path: Path) -> None:
        path = scenario(tmp_path, ALONE / "fixed.yaml", bounds={"maxStates": 100}, expect=None)
        assert check(path)[0] == 3
        assert check(path, "--max-states", "10000")[0] == 0


class TestInterrupts:
    def test_what_was_found_is_reported_and_later_groups_are_not_begun(
        self, check: Check, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kubemodel.checker.exploration._REPORT_EVERY", 0.0)
        monkeypatch.setattr(progress.Progress, "report", lambda *_: signal.raise_signal(signal.SIGINT))
        code, out, err = check(EXAMPLES / "shop")
        assert (code, err) == (3, "")
        assert out.startswith("Verdict: undetermined in 3 groups: interrupted\n")
        assert out.count("  stopped: the search was interrupted; let it run to its end\n") == 3
        assert "cache: undetermined   (1 state, " in out
        assert out.endswith("Verdict: undetermined in 3 groups: interrupted\n")

    def test_on_the_way_to_where_a_story_begins(self, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt() -> float:
            signal.raise_signal(signal.SIGINT)
            return 0.0

        monkeypatch.setattr(checking, "memory_mb", interrupt)
        code, out, _ = check(STUCK / "broken.yaml", "--format", "json")
        said = json.loads(out)
        (bound,) = said["scenarios"][0]["groups"][0]["bounds"]
        assert (code, said["verdict"], bound["name"]) == (1, "undetermined", "interrupted")

    def test_before_there_is_anything_to_report(self, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("kubemodel.cli.check_command.requests", lambda *_: signal.raise_signal(signal.SIGINT))
        code, out, err = check(CART)
        assert (code, out, err.strip()) == (3, "", "interrupted before there was anything to report")


class TestOutput:
    def test_standard_input(self, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(CART.read_text()))
        from_stdin = check("-")
        assert from_stdin == check(CART)

    def test_several_scenarios_of_one_name_keep_their_traces_apart(self, check: Check, tmp_path: Path) -> None:
        folder = tmp_path / "traces"
        small = scenario(tmp_path, STUCK / "broken.yaml", "a.yaml", expect=None)
        large = scenario(
            tmp_path,
            STUCK / "broken.yaml",
            "b.yaml",
            expect=None,
            nodes=3,
            properties=["deployment-eventually-complete"],
        )
        code, out, _ = check(small, small, large, "--output-dir", folder, "--format", "json")
        said = json.loads(out)["scenarios"]
        assert [each["verdict"] for each in said] == ["violated", "violated", "holds"]
        files = [prop["traceFile"] for each in said for g in each["groups"] for prop in g["properties"]]
        stem = folder / "stuck-rollout-deployment-eventually-complete"
        assert [each for each in files if each] == [f"{stem}.trace.json", f"{stem}-2.trace.json"]
        assert sorted(path.name for path in folder.iterdir()) == sorted(Path(each).name for each in files if each)
        assert code == 11

    def test_a_trace_is_written_whole_or_not_at_all(
        self, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("kubemodel.cli.writing.os.replace", fail)
        code, out, err = check(STUCK / "broken.yaml", "--output-dir", tmp_path)
        assert (code, out) == (2, "")
        assert err.endswith("cannot be written: No space left on device\n")
        assert list(tmp_path.iterdir()) == []

    def test_statistics_that_differ_from_run_to_run_go_to_standard_error(self, check: Check) -> None:
        _, out, err = check(CART, "--stats")
        assert "distinct views of each rule" in out
        assert "states/s" not in out
        assert "states/s" in err
        assert " ms in kube-scheduler: schedule\n" in err
        assert " ms in " not in out

    def test_what_the_kernel_looked_up_goes_to_standard_error(self, check: Check) -> None:
        _, out, err = check(CART, "--stats", "--explorer", "kernel")
        assert " % of the moves looked up were found\n" in err
        assert "looked up" not in out

    def test_json_says_what_the_text_says(self, check: Check) -> None:
        _, out, _ = check(CART.parent, "--format", "json")
        said = json.loads(out)
        (one,) = said["scenarios"]
        assert said["verdict"] == one["verdict"] == "holds"
        assert [group["states"] for group in one["groups"]] == [138, 645, 9847]
        assert one["source"] == ""
        assert "faults: none" in one["basis"]
        assert {entry["kind"] for entry in one["notModelled"]} == {"Deployment", "Service"}
        assert [each["group"] for each in said["measured"]] == ["cache", "cart", "frontend"]

    def test_objects_of_several_groups_are_counted_once(self, check: Check) -> None:
        _, out, _ = check(CART.parent)
        assert "  - Service cart (and 1 more): read to see which workloads belong together" in out

    @pytest.mark.parametrize("command", [["check", "-h"], ["replay", "-h"], ["list", "-h"], ["diagram", "-h"], []])
    def test_help_goes_to_standard_output(self, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert run(command) == 0
        captured = capsys.readouterr()
        assert captured.out.startswith("Usage: kubemodel")
        assert captured.err == ""


class TestWhatMultipliesTheStates:
    def test_it_is_told_where_a_bound_is_hit(self, check: Check) -> None:
        _, out, _ = check(CART, "--fault", "node-crash=1", "--max-states", "200")
        assert "  what multiplies the states:\n    states at each depth: 1, " in out
        assert "no estimate: the number of states at each depth does not shrink steadily yet\n" in out
        assert "    fewer states with smaller budgets of faults (--fault), which find " in out

    def test_it_is_told_on_request(self, check: Check) -> None:
        assert "what multiplies the states" not in check(CART)[1]
        assert "what multiplies the states" in check(CART, "--stats")[1]

    def test_a_watch_that_lags_is_named(self, check: Check) -> None:
        _, out, _ = check(CART, "--lag", "replicaset-controller/Pod=1", "--stats")
        assert "    fewer states with a smaller lag (--lag replicaset-controller/Pod)\n" in out

    def test_the_json_report_has_it_all(self, check: Check) -> None:
        _, out, _ = check(CART, "--stats", "--format", "json")
        (group,) = json.loads(out)["scenarios"][0]["groups"]
        found = group["explosion"]
        assert (sum(found["levels"]), found["estimate"], found["states_read"]) == (645, 645, 645)
        assert found["rules"][0].keys() == {"rule", "environment", "steps", "new", "share"}
        assert found["fields"][0].keys() == {"kind", "field", "values", "factor"}


class TestVacuity:
    IDLE = "phase-terminal-absorbing"

    def of(self, check: Check, *flags: str) -> tuple[int, str, dict[str, Any]]:
        """Of a workload none of whose pods ends: exit code, text and the group in the JSON report."""
        arguments = (CART, "--also-check", self.IDLE, *flags)
        code, out, _ = check(*arguments)
        again, said, _ = check(*arguments, "--format", "json")
        assert code == again
        return code, out, json.loads(said)["scenarios"][0]["groups"][0]

    def test_unless_asked_for_otherwise_only_a_property_makes_a_run_vacuous(self, check: Check) -> None:
        code, out, group = self.of(check)
        assert (code, group["verdict"]) == (3, "vacuous")
        assert out.startswith("Verdict: vacuous\n")
        assert "rules that never fired" not in out
        assert (group["vacuity"], group["idleRules"]) == ({"properties": "error", "rules": "ignore"}, [])

    def test_what_is_ignored_is_not_listed(self, check: Check) -> None:
        code, out, group = self.of(check, "--vacuity", "ignore")
        assert (code, group["verdict"], group["idleRules"]) == (0, "holds", [])
        assert self.IDLE not in out
        assert self.IDLE not in {prop["name"] for prop in group["properties"]}

    def test_a_warning_leaves_the_verdict_to_all_else(self, check: Check) -> None:
        code, out, group = self.of(check, "--vacuity", "warn")
        assert (code, group["verdict"]) == (0, "holds")
        assert f"  vacuous      {self.IDLE}: nothing that can happen makes it say anything\n" in out
        assert "  warn         rules that never fired: " in out
        assert ["kubelet", "stop pod"] in group["idleRules"]

    def test_an_error_counts_rules_too_but_not_what_users_might_have_done(self, check: Check) -> None:
        code, out, _ = check(CART, "--vacuity", "error")
        assert code == 3
        assert out.startswith("Verdict: vacuous: rules that never fired\n")
        _, _, group = self.of(check, "--vacuity", "error")
        assert ["user", "act"] in group["neverFired"]
        assert ["user", "act"] not in group["idleRules"]


class TestProgress:
    SNAPSHOT = Snapshot(12_000, 40_000, 7, 500, 1.0, 12_000.0, 80.0)

    def test_plain_lines_on_standard_error_where_that_is_no_terminal(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_PLAIN_LINES", 0.0)
        with progress.Progress("web") as shown:
            shown.report(self.SNAPSHOT)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == "web: 12,000 states, 12,000/s, depth 7, frontier 500, 80 MB\n"

    def test_not_at_every_report(self, capsys: pytest.CaptureFixture[str]) -> None:
        with progress.Progress("web") as shown:
            shown.report(self.SNAPSHOT)
        assert capsys.readouterr() == ("", "")

    def test_none_where_it_is_not_wanted(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_PLAIN_LINES", 0.0)
        with progress.Progress("web", shown=False) as shown:
            shown.report(self.SNAPSHOT)
        assert capsys.readouterr() == ("", "")


class TestCheckpoints:
    def test_a_search_that_was_ended_goes_on(self, check: Check, tmp_path: Path) -> None:
        kept = tmp_path / "search"
        whole = check(CART, "--quiet")
        ended = check(CART, "--quiet", "--checkpoint", kept, "--max-depth", 5)
        assert ended[0] == 3
        assert check(CART, "--quiet", "--resume", kept) == whole

    def test_other_manifests_are_refused(self, check: Check, tmp_path: Path) -> None:
        kept = tmp_path / "search"
        check(CART, "--quiet", "--checkpoint", kept, "--max-depth", 5)
        code, _, said = check(EXAMPLES / "shop" / "cache.yaml", "--quiet", "--resume", kept)
        assert (code, "another search" in said) == (2, True)

    def test_several_groups_are_refused(self, check: Check, tmp_path: Path) -> None:
        code, _, said = check(EXAMPLES / "shop", "--quiet", "--checkpoint", tmp_path / "search")
        assert (code, "several groups" in said) == (2, True)

    @pytest.mark.parametrize("flag", ["--resume", "--checkpoint"])
    def test_what_cannot_be_reached_is_refused(self, check: Check, tmp_path: Path, flag: str) -> None:
        code, _, said = check(CART, "--quiet", flag, tmp_path / "missing" / "search")
        assert (code, said.count("\n")) == (2, 1)

    def test_tables_keep_nothing(self, check: Check, tmp_path: Path) -> None:
        code, _, said = check(CART, "--quiet", "--explorer", "tables", "--checkpoint", tmp_path / "search")
        assert (code, "only the kernel" in said) == (2, True)


def test_a_workload_of_a_kind_that_is_not_modelled_is_named(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every kind of Kubernetes' own is modelled: one is forgotten here, as one that is new would be.
    monkeypatch.delitem(TEMPLATES, "ReplicationController")
    template = {"metadata": {"labels": {"app": "old"}}, "spec": {"containers": [{"name": "old", "image": "old:1"}]}}
    path = tmp_path / "old.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "ReplicationController",
                "metadata": {"name": "old"},
                "spec": {"replicas": 1, "selector": {"app": "old"}, "template": template},
            }
        )
    )
    code, out, _ = check(path)
    first, _, why, *_ = out.splitlines()
    assert code == 3
    assert first == "Verdict: vacuous: there is no workload of a kind that is modelled, so nothing was checked"
    assert why == ("old: not checked: its only workload, ReplicationController old, is of a kind that is not modelled")
