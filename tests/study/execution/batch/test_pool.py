"""Runs through a batch system: queues, pre-emption, limits, broken scripts, restarts."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import Minimize
from augury.study import Study
from augury.study.execution.batch import BatchJobs
from augury.study.execution.batch.folder import JobFolder
from tests.study.execution.batch import coordinator, objective
from tests.study.execution.batch.conftest import Clock, study_at
from tests.study.execution.batch.fake_slurm import Cluster

Run = Callable[..., Study]
EVALUATE = "#!/bin/bash\n#SBATCH --mem=4G\nexport OMP_NUM_THREADS=1\n{evaluate}\n"


def statuses(study: Study) -> list[str]:
    return [trial.status for trial in study.trials]


def run_all(cluster: Cluster) -> Callable[[float], None]:
    """A cluster that has room for everything."""

    def then(now: float) -> None:
        for job_id in cluster.ids("PENDING"):
            cluster.run(job_id)

    return then


def end_first(cluster: Cluster, state: str, times: int = 1) -> Callable[[float], None]:
    """A cluster on which the first `times` jobs end in a state without having come to a result."""

    def then(now: float) -> None:
        for job_id in cluster.ids("PENDING"):
            if int(job_id) <= times:
                cluster.set(job_id, state=state)
            else:
                cluster.run(job_id)

    return then


def test_each_trial_is_a_job_that_evaluates_the_function(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    template = tmp_path / "sbatch.template"
    template.write_text(EVALUATE)
    at_a_time: list[int] = []

    def then(now: float) -> None:
        at_a_time.append(len(cluster.ids("PENDING")))
        if cluster.ids("PENDING"):
            cluster.run(cluster.ids("PENDING")[-1])

    study = run(3, then, template=template)
    assert statuses(study) == ["complete"] * 3
    assert all(trial.values["y"] == trial.params["x"] ** 2 for trial in study.trials)
    assert max(at_a_time) == 2
    jobs = list(cluster.jobs().values())
    assert [job["state"] for job in jobs] == ["COMPLETED"] * 3
    names = [job["name"].split("-") for job in jobs]
    assert [(name[0], name[2:]) for name in names] == [("augury", [str(n), "0"]) for n in range(3)]
    assert {Path(job["directory"]).parent.parent for job in jobs} == {tmp_path / "study.trials" / "default"}


def test_two_hours_in_the_queue_are_nothing_unusual(cluster: Cluster, clock: Clock, run: Run) -> None:
    clock.step = 60.0

    def then(now: float) -> None:
        if now >= 7200.0:
            run_all(cluster)(now)

    study = run(2, then, poll=240.0)
    assert statuses(study) == ["complete"] * 2
    assert [trial.attempts for trial in study.trials] == [0, 0]
    assert len(cluster.calls("sbatch")) == 2
    assert clock.now >= 7200.0
    assert len(cluster.calls("squeue")) <= 32, "the queue was asked too often"


def test_what_slurm_requeues_is_the_same_job(cluster: Cluster, run: Run) -> None:
    story = iter(["RUNNING"] * 4 + ["PREEMPTED"] * 4 + ["PENDING"] * 30 + ["REQUEUED"] * 4)

    def then(now: float) -> None:
        state = next(story, None)
        for job_id in cluster.ids("PENDING", "RUNNING", "PREEMPTED", "REQUEUED"):
            cluster.run(job_id) if state is None else cluster.set(job_id, state=state)

    study = run(1, then, workers=1)
    assert statuses(study) == ["complete"]
    assert study.trials[0].attempts == 0
    assert len(cluster.calls("sbatch")) == 1


@pytest.mark.parametrize("state", ["PREEMPTED", "NODE_FAIL"])
def test_jobs_that_lose_their_machine_are_submitted_again(state: str, cluster: Cluster, run: Run) -> None:
    study = run(2, end_first(cluster, state, times=3), workers=1, retries=0)
    assert statuses(study) == ["complete"] * 2
    assert study.trials[0].attempts == 3, "each loss is an attempt"
    assert len(cluster.calls("sbatch")) == 5
    assert study.observations().failed.sum() == 0


@pytest.mark.parametrize("state", ["TIMEOUT", "OUT_OF_MEMORY"])
def test_jobs_killed_at_their_limit_are_failed_trials(state: str, cluster: Cluster, run: Run) -> None:
    study = run(3, end_first(cluster, state))
    assert statuses(study) == ["failed", "complete", "complete"]
    assert f"job 1 ended as {state} without a result" in (study.trials[0].reason or "")
    assert study.observations().failed.sum() == 1, "the model must learn where evaluations take too long"
    assert len(cluster.calls("sbatch")) == 3


def test_a_cancelled_job_is_a_passing_failure(cluster: Cluster, run: Run) -> None:
    study = run(2, end_first(cluster, "CANCELLED"), workers=1)
    assert statuses(study) == ["complete"] * 2
    assert study.trials[0].attempts == 1
    study = run(3, end_first(cluster, "CANCELLED", times=4), workers=1, retries=0)
    assert (study.trials[2].status, study.trials[2].transient) == ("failed", True)


def test_a_job_that_squeue_has_forgotten_is_looked_up(cluster: Cluster, run: Run) -> None:
    def then(now: float) -> None:
        for job_id in cluster.ids("PENDING"):
            cluster.set(job_id, state="TIMEOUT", forgotten=True)

    study = run(1, then, workers=1)
    assert "ended as TIMEOUT" in (study.trials[0].reason or "")


def test_a_job_that_disappears_twice_is_failed(cluster: Cluster, run: Run) -> None:
    def then(now: float) -> None:
        for job_id in cluster.ids("PENDING"):
            cluster.set(job_id, state="GONE", forgotten=True, unaccounted=True)

    study = run(1, then, workers=1)
    assert (study.trials[0].status, study.trials[0].attempts) == ("failed", 1)
    assert study.trials[0].reason == "job 2 disappeared without a result"


def test_results_that_the_file_system_shows_late_are_waited_for(
    cluster: Cluster, clock: Clock, run: Run
) -> None:
    def then(now: float) -> None:
        for job_id, job in cluster.jobs().items():
            if job["state"] == "PENDING":
                cluster.set(job_id, state="COMPLETED", ended=now)
            elif now >= job["ended"] + 40.0:
                Path(job["directory"], "result.json").write_text("2.5")

    study = run(1, then, workers=1)
    assert statuses(study) == ["complete"]
    assert study.value == 2.5


def test_a_half_written_result_is_waited_for(cluster: Cluster, run: Run) -> None:
    def then(now: float) -> None:
        (job,) = cluster.jobs().values()
        text = '{"value": 2.5, "stderr": 0.5}'
        Path(job["directory"], "result.json").write_text(text if now > 200 else text[:12])
        cluster.set("1", state="RUNNING" if now < 200 else "COMPLETED")

    study = run(1, then, workers=1)
    assert (study.value, study.trials[0].stderrs) == (2.5, {"y": 0.5})


def test_a_result_that_is_no_json_is_a_failed_trial(cluster: Cluster, run: Run) -> None:
    def then(now: float) -> None:
        (job,) = cluster.jobs().values()
        Path(job["directory"], "result.json").write_text("high")
        cluster.set("1", state="COMPLETED")

    study = run(1, then, workers=1)
    assert "is no JSON" in (study.trials[0].reason or "")


def test_a_broken_script_stops_the_run_and_can_be_put_right(
    cluster: Cluster, run: Run, tmp_path: Path, program: Path
) -> None:
    broken = tmp_path / "broken.sbatch"
    broken.write_text("#!/bin/sh\nmodule load simulator/9 || exit 1\n# {params} {result}\n")
    with pytest.raises(InvalidInputError, match=r"job 1 ended as FAILED.*module.*not found.*template"):
        run(3, run_all(cluster), template=broken, workers=1)
    assert statuses(study_at(tmp_path)) == ["queued"]
    study = run(3, run_all(cluster), workers=1)
    assert statuses(study) == ["complete"] * 3
    study = run(4, run_all(cluster), template=broken, workers=1)
    assert study.trials[3].status == "failed", "a script that has worked before is the trial's own failure"
    assert "not found" in (study.trials[3].reason or "")


def test_a_function_that_returns_no_result_stops_the_run(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    template = tmp_path / "sbatch.template"
    template.write_text(EVALUATE)
    with pytest.raises(InvalidInputError, match="the function's result"):
        run(3, run_all(cluster), template=template, function=objective.wrong, workers=1)


def test_a_submission_that_is_refused_stops_the_run(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    cluster.refuse("sbatch", "sbatch: error: invalid partition specified: fats")
    with pytest.raises(InvalidInputError, match="invalid partition"):
        run(2, run_all(cluster))
    assert statuses(study_at(tmp_path)) == ["queued"]
    cluster.refuse("sbatch", None)
    assert statuses(run(2, run_all(cluster))) == ["complete"] * 2


def test_a_full_queue_is_waited_for(cluster: Cluster, run: Run) -> None:
    def then(now: float) -> None:
        cluster.refuse("sbatch", "QOSMaxSubmitJobPerUserLimit" if 20 <= now < 300 else None)
        run_all(cluster)(now)

    with pytest.warns(UserWarning, match="QOSMaxSubmit"):
        study = run(4, then)
    assert statuses(study) == ["complete"] * 4
    assert [trial.attempts for trial in study.trials] == [0] * 4


def test_a_silent_queue_says_nothing_about_the_jobs(cluster: Cluster, run: Run) -> None:
    def then(now: float) -> None:
        cluster.refuse("squeue", "Unable to contact slurm controller" if now < 600 else None)
        if now > 1000:
            run_all(cluster)(now)

    with pytest.warns(UserWarning, match="Unable to contact"):
        study = run(1, then, workers=1)
    assert statuses(study) == ["complete"]
    assert len(cluster.calls("sbatch")) == 1


def test_the_job_of_an_abandoned_trial_is_cancelled(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    def then(now: float) -> None:
        if now < 100:
            return
        if now < 120:
            study_at(tmp_path).abandon(0)
        if now > 200:
            run_all(cluster)(now)

    study = run(1, then, workers=1)
    assert statuses(study) == ["abandoned", "complete"]
    assert cluster.calls("scancel") == [["1"]]
    assert cluster.jobs()["1"]["state"] == "CANCELLED"


def test_an_interrupted_run_leaves_its_jobs_and_takes_their_results_later(
    cluster: Cluster, run: Run, tmp_path: Path
) -> None:
    def interrupt(now: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(4, interrupt)
    assert statuses(study_at(tmp_path)) == ["queued"] * 2
    assert cluster.ids("PENDING") == ["1", "2"]
    cluster.run("1")
    cluster.forget("1")
    study = run(4, run_all(cluster))
    assert statuses(study) == ["complete"] * 4
    assert [trial.attempts for trial in study.trials] == [0] * 4
    assert len(cluster.calls("sbatch")) == 4


def test_a_job_whose_id_was_not_noted_is_found_by_its_name(
    cluster: Cluster, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(JobFolder, "note_id", _die)
        with pytest.raises(KeyboardInterrupt):
            run(1, run_all(cluster))
    assert cluster.ids("PENDING") == ["1"]
    assert statuses(run(1, run_all(cluster))) == ["complete"]
    assert len(cluster.calls("sbatch")) == 1


def test_a_job_that_was_prepared_only_is_submitted(
    cluster: Cluster, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from augury.study.execution.batch.slurm import Slurm

    with monkeypatch.context() as patch:
        patch.setattr(Slurm, "submit", _die)
        with pytest.raises(KeyboardInterrupt):
            run(1, run_all(cluster))
    assert statuses(run(1, run_all(cluster))) == ["complete"]
    assert len(cluster.calls("sbatch")) == 1


def _die(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_new_study_in_an_old_ones_place_takes_none_of_its_results(
    cluster: Cluster, run: Run, tmp_path: Path
) -> None:
    run(2, run_all(cluster))
    for file in tmp_path.glob("study.db*"):
        file.unlink()
    run(2, run_all(cluster))
    assert len(cluster.calls("sbatch")) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_a_killed_coordinator_finds_its_jobs_again(cluster: Cluster, program: Path, tmp_path: Path) -> None:
    store = tmp_path / "study.db"
    command = [sys.executable, "-m", coordinator.__name__, str(store), str(program), "6"]
    started = partial(subprocess.Popen, command, cwd=Path(__file__).parents[4])
    for submitted in (2, 4):
        killed = started()
        _until(lambda: len(cluster.ids("PENDING")) == 2)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert len(cluster.jobs()) == submitted
        for job_id in cluster.ids("PENDING"):
            cluster.run(job_id)  # while nobody looks
    last = started()

    def is_over() -> bool:
        for job_id in cluster.ids("PENDING"):
            cluster.run(job_id)
        return last.poll() is not None

    _until(is_over)
    assert last.returncode == 0
    study = Study.load(store)
    assert statuses(study) == ["complete"] * 6
    assert [trial.attempts for trial in study.trials] == [0] * 6, "a restart was counted against a trial"
    assert len(cluster.calls("sbatch")) == 6, "a job was submitted twice"
    assert all(trial.values["y"] == trial.params["x"] ** 2 for trial in study.trials)


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_jobs_cannot_do_is_refused(cluster: Cluster, program: Path, tmp_path: Path) -> None:
    study, jobs = study_at(tmp_path), BatchJobs(program)
    with pytest.raises(InvalidInputError, match="cannot be imported"):
        study.run(lambda x: x, 2, workers=1, executor=jobs)
    with pytest.raises(NotSupportedError, match="report"):
        study.run(objective.reporting, 2, workers=1, executor=jobs)
    with pytest.raises(InvalidInputError, match="how many jobs"):
        study.run(objective.square, 2, executor=jobs)
    in_memory = Study({"x": (0.0, 1.0)}, Minimize("y"), store=None)
    with pytest.raises(InvalidInputError, match="in memory"):
        in_memory.run(objective.square, 2, workers=1, executor=jobs)
    assert study.trials == []
    assert cluster.calls("sbatch") == []


def test_without_slurm_nothing_is_submitted(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shutil.which("sbatch") is None
    with pytest.raises(InvalidInputError, match="no program 'sbatch' here"):
        BatchJobs(program)


def test_the_parameters_are_in_a_file_of_their_own(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    study = run(1, run_all(cluster), workers=1)
    (job,) = cluster.jobs().values()
    assert json.loads(Path(job["directory"], "params.json").read_text()) == study.trials[0].params
