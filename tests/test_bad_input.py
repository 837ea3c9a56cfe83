"""What a user gets wrong is answered by one message that says where, what and how to mend it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import command

from vqa_canary.errors import BadInput

Run = Callable[..., Any]
ENDPOINT = {"engine": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "x"}


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"conditions": ["clean", "nota_replaced"]},
            "conditions: .*'nota_replaced'.*Did you mean 'nota_replace'",
        ),
        (
            {"conditions": ["clean", "nota_absent"], "evaluation": {"nota_conditions": []}},
            "conditions: .*'nota_absent'.* Write 'answer_removed'",
        ),
        (
            {"conditions": ["clean", {"no_image": {"at_moest": 3}}], "evaluation": {"nota_conditions": []}},
            "conditions.no_image.at_moest: there is no such setting. Did you mean 'at_most'",
        ),
        (
            {
                "conditions": ["clean", {"no_image": {"at_most": 3, "per": "modalty"}}],
                "evaluation": {"nota_conditions": []},
            },
            "conditions.no_image.per: 'modalty' is not .*Did you mean 'modality'",
        ),
        ({"scoring": {"methods": ["margins"]}}, "scoring.methods: .*'margins'.*Did you mean 'margin'"),
        (
            {"datasets": {"phantom": {"source": "fantom"}}},
            "datasets.phantom.source: .*Did you mean 'phantom'",
        ),
        ({"datasets": {"phantom": {"n_image": 3}}}, "datasets.phantom.n_image: .*Did you mean 'n_images'"),
        (
            {"datasets": {"slake": {"folder": "nowhere"}}},
            "datasets.slake.folder: .*nowhere: there is no.*med-vqa",
        ),
        (
            {"evaluation": {"nota_conditions": ["nota_lst"]}},
            "evaluation.nota_conditions: 'nota_lst'.*'nota_last'",
        ),
        (
            {"evaluation": {"calibration": "isotone"}},
            "parameters: evaluation.calibration: .*'isotone'.*'none', 'minmax', 'isotonic' or 'platt'",
        ),
        (
            {"evaluation": {"ece": {"n_bins": 0}}},
            "parameters: evaluation.ece.n_bins: 0.*greater than or equal to 1",
        ),
        ({"evaluation": {"subgroups": ["answr_type"]}}, "evaluation.subgroups: 'answr_type'.*'answer_type'"),
        ({"evaluation": {"tracking_over": "modalty"}}, "evaluation.tracking_over: 'modalty'.*'modality'"),
        (
            {"evaluation": {"primary": "label_nl"}},
            "evaluation.primary: 'label_nl' .*Did you mean 'label_nll'",
        ),
        ({"selection": {"split": "tests"}}, "selection.split: no item is in split 'tests'; there are: test"),
        (
            {"selection": {"per": "modalty", "at_most": 3}},
            "selection.per: 'modalty' is not .*Did you mean 'modality'",
        ),
        ({"selection": {"per": "modality"}}, "parameters: selection: .*give `per` and `at_most` together"),
        ({"models": {"m": {"engine": "transformer"}}}, "models.m.engine: .*Did you mean 'transformers'"),
        ({"models": {"m": {"path": "nowhere"}}}, "models.m.path: .*'nowhere' is no folder"),
        ({"models": {"m": {"path": "conf"}}}, r"models.m.path: .*holds no \*.safetensors"),
        (
            {"models": {"m": {"baseline": "phantom-idefics-nota-1600"}}},
            "models.m.baseline: 'phantom-idefics-nota-1600' is not among.* Did you mean 'phantom-idefics3-nota-1600'",
        ),
        (
            {"models": {"m": {"baseline": "k"}, "k": {"baseline": "phantom-idefics3-nota-1600"}}},
            "models.m.baseline: 'k' is a variant itself",
        ),
        (
            {"models": {"m": {"engine": "endpoint", "api_key": "k-123"}}},
            "models.m.api_key: parameters are logged.*credentials.yml",
        ),
        (
            {
                "models": {
                    "m": {
                        "engine": "endpoint",
                        "base_url": "http://127.0.0.1:9/v1",
                        "model": "x",
                        "credentials": "c",
                    }
                }
            },
            "models.m.credentials: conf/local/credentials.yml holds no entry 'c'.*VQA_CANARY_API_KEY",
        ),
        (
            {"models": {"m": ENDPOINT | {"base_url": "http://u:p@127.0.0.1:9/v1"}}},
            "models.m.base_url: an address holds no user",
        ),
        (
            {"default_pipelines": ["data_engineering", "reportin"]},
            "default_pipelines: there is no pipeline 'reportin'. Did you mean 'reporting'",
        ),
        ({"models": {"m": {"baseline": None}}}, "models.m.baseline: None is not among the models"),
        ({"models": {"m": "here"}}, "models.m: must be a mapping .* not 'here'"),
        ({"audit": {"largest_error": 5}}, "audit.largest_error: 5 does not fit. Input should be less than 1"),
        ({"audit": {"largest_eror": 0.1}}, "audit.largest_eror: .*Did you mean 'largest_error'"),
        ({"audit": {"method": "anl"}}, "audit.method: 'anl' is not among .*Did you mean 'anll'"),
        ({"sampling": {"n_samples": -1}}, "sampling.n_samples: -1 does not fit"),
        *(
            ({"seed": seed}, "parameters: seed: ")
            for seed in (float("nan"), float("inf"), 1.5, "7", True, -1, None)
        ),
        ({"seed": 10**400}, "parameters: seed: a whole number of 1329 bits is too large"),
        ({"sampling": {"temperature": float("inf")}}, "parameters: sampling.temperature: inf is no number"),
        ({"sampling": {"n_samples": True}}, "parameters: sampling.n_samples: True does not fit"),
        ({"sampling": {"n_samples": 10**12}}, "parameters: sampling.n_samples: 1000000000000 does not fit"),
        ({"audit": {"largest_error": True}}, "parameters: audit.largest_error: True does not fit"),
        ({"audit": None}, "parameters: audit: None does not fit"),
        ({"datasets": {"phantom": {"n_images": 10**12}}}, "phantom.n_images: 1000000000000 does not fit"),
        ({"datasets": {"phantom": {"n_images": "8"}}}, "phantom.n_images: '8' does not fit"),
        ({"datasets": None}, "parameters: datasets: None does not fit"),
        ({"conditions": "clean"}, "parameters: conditions: 'clean' does not fit"),
        ({"models": None}, "parameters: models: names no model"),
        (
            {"models": {"m": ENDPOINT | {"concurrency": True}}},
            "models.m.concurrency: Input should be a valid integer",
        ),
        ({"models": {"m": ENDPOINT | {"timeout": float("nan")}}}, "models.m.timeout: nan is no number"),
        ({"scoring": None}, "parameters: scoring: None does not fit"),
        ({"tracking": {"enabled": "no"}}, "parameters: tracking.enabled: 'no' does not fit"),
        ({"study": "../elsewhere"}, "parameters: study: '../elsewhere' does not fit"),
        (
            {"reference_models": {"m": {"n_held_out": True}}},
            "parameters: reference_models.m.n_held_out: True does not fit",
        ),
        ({"sed": 8}, "parameters: sed: there is no such setting. Did you mean 'seed'"),
        (
            {"models": {"m": {"pth": "x"}}},
            "models.m.pth: there is no such option. Did you mean 'path'",
        ),
        (
            {"models": {"a.b": {"path": "x"}, "a/b": {"path": "x"}}},
            "'a/b' and another model share the namespace",
        ),
    ],
)
def test_a_wrong_setting_is_named(project: Path, run: Run, params: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=f"(?s){message}") as caught:
        run(project, params=params)
    assert any(isinstance(cause, BadInput) for cause in causes_of(caught.value))


def test_a_condition_that_does_not_hide_the_answer_stops_the_run_before_any_model_is_asked(
    project: Path, run: Run
) -> None:
    shown = {"conditions": ["clean", "nota_replace", "nota_control"]}
    params = shown | {"evaluation": {"nota_conditions": ["nota_control"]}}
    with pytest.raises(BadInput, match=r"'nota_control' does not hide the answer .* that do: nota_replace"):
        run(project, "data_engineering", params=params)


def test_an_unknown_option_stops_the_run_before_it_starts(project: Path, run: Run) -> None:
    with pytest.raises(Exception, match="temprature"):
        run(project, params={"sampling": {"temprature": 2.0}})
    assert not (project / "data/03_primary").exists()


def test_no_model_is_asked_if_another_cannot_be(project: Path, run: Run) -> None:
    """Kedro calls no error hook for what fails before its first node, so MLflow would show a run for ever."""
    with pytest.raises(BadInput, match=r"models\.z\.path"):
        run(project, params={"models": {"z": {"path": "nowhere"}}})
    assert not (project / "data/03_primary").exists()
    assert not (project / "mlflow.db").exists()


def test_weights_whose_download_was_cut_stop_a_run_before_any_model_is_asked(project: Path, run: Run) -> None:
    [whole, broken] = sorted((project / "data/06_models/reference").glob("phantom-llava-*00"))[:2]
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    models = {name: {"path": str(path)} for name, path in (("a", whole), ("z", broken))}
    with pytest.raises(BadInput, match=r"models\.z\.path: .*model.safetensors is cut or damaged"):
        run(project, params={"models": models})
    assert not (project / "data/03_primary").exists()
    assert not (project / "mlflow.db").exists()


def test_the_command_line_shows_the_message_and_no_traceback(project: Path) -> None:
    path = project / "conf/base/parameters_ue_scoring.yml"
    path.write_text(yaml.safe_dump({"scoring": {"methods": ["margins"]}}))
    kedro = Path(sys.executable).with_name("kedro")
    done = subprocess.run(
        [kedro, "run"],
        cwd=project,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
        check=False,
    )
    assert done.returncode == 1
    assert "Did you mean 'margin'?" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["--params", "sampling.n_sample=3"], ["--env", "slak"]])
def test_errors_of_libraries_are_plain_too(
    project: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    status, told = command("run", *words)
    logged = capfd.readouterr()
    assert status == 1
    assert "Traceback" not in told + logged.out + logged.err
    assert words[1].split("=")[0].split(".")[-1] in told


def test_listing_pipelines_stays_light(project: Path) -> None:
    """Neither the list nor the help may wait for libraries that only a run needs."""
    heavy = ["torch", "transformers", "great_expectations", "mlflow", "pandas", "scipy", "matplotlib"]
    heavy += ["vqa_canary.reading"]  # compiles some hundred patterns
    code = (
        "import sys\n"
        "from kedro.framework.cli.cli import KedroCLI\n"
        "from pathlib import Path\n"
        "for arguments in (['registry', 'list'], ['run', '--help']):\n"
        "    KedroCLI(project_path=Path.cwd()).main(args=arguments, standalone_mode=False)\n"
        f"print('loaded', [name for name in {heavy} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert "loaded []" in done.stdout, done.stdout + done.stderr
    assert "ue_scoring" in done.stdout


@pytest.mark.slow
def test_the_folder_in_which_a_shell_stands_is_no_secret(project: Path) -> None:
    """By its name, `PWD` may be taken for a password; then every message would hide where a file is."""
    (project / "data/01_raw/audit_example").mkdir(parents=True)
    kedro = Path(sys.executable).with_name("kedro")
    done = subprocess.run(
        [kedro, "run", "--env", "audit"],
        cwd=project,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "400", "PWD": str(project), "OLDPWD": str(project.parent)},
        check=False,
    )
    assert done.returncode == 1
    assert f"{project}/data/01_raw/audit_example" in "".join(done.stderr.split("\n"))
    assert "hidden" not in done.stderr
