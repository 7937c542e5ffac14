"""Surrogates in files: each comes back as it was, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
import torch
from botorch.models.transforms.input import Normalize
from botorch.models.transforms.outcome import Log, Standardize
from gpytorch.kernels import RBFKernel, ScaleKernel
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save, save_file
from torch import nn
from torch.distributions import Gamma

import augury
from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.hmc import HMC
from augury.models import BayesianNeuralNetwork, BurrXII, DeepKernelGP, GaussianProcess, ScaleMixtureProcess
from augury.models.build import build_model, fit_model
from augury.models.environment.process import EnvironmentProcess
from augury.models.persistence import format as file_format
from augury.models.persistence.files import from_bytes, to_bytes
from augury.models.portfolio import members
from augury.models.registry import MODELS, PORTFOLIO
from augury.networks import ArrayEncoder, SGConvEncoder, SoftmaxFreeEncoder
from augury.networks.encoders import UniRepLKNet
from augury.networks.mlp import MLP
from augury.space import Float, Int, Space
from augury.space.distributions import Normal
from tests.models.cases import outcomes, points
from tests.quick_models import quick_models  # noqa: F401 (a fixture)


def same(first, second, X) -> bool:
    one, other = first.posterior(X), second.posterior(X)
    return torch.equal(one.mean, other.mean) and torch.equal(one.variance, other.variance)


@pytest.fixture(scope="module")
def process():
    X = points(10, 2)
    return GaussianProcess(X, outcomes(X)).fit()


@pytest.mark.filterwarnings("ignore::augury.inference.base.InferenceWarning")
@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize("name", MODELS.names())
def test_every_registered_surrogate_is_saved_and_loaded(name, tmp_path, monkeypatch) -> None:
    space = Space({"a": (0.0, 1.0), "kind": ["p", "q", "r"]})
    X = torch.column_stack([points(12, 1), torch.arange(12).double() % 3])
    is_portfolio = name.startswith(PORTFOLIO)
    if is_portfolio:
        monkeypatch.undo()  # it is loaded with members as they are
    if name == "portfolio-all":
        few = [one for one in members.MEMBERS if one.name in ("gp", "random-forest")]
        monkeypatch.setattr(members, "_registered", lambda: few)
    model = fit_model(build_model(name, X, X[:, :1] + X[:, 1:], None, space))
    if not is_portfolio:
        monkeypatch.undo()
    model.save(tmp_path / "model.safetensors")
    loaded = augury.load(tmp_path / "model.safetensors")
    assert type(loaded) is type(model)
    assert same(loaded, model, X[:5] * torch.tensor([0.7, 1.0]))
    assert loaded.capabilities == model.capabilities
    loaded.save(tmp_path / "again.safetensors")
    content = [load_file(tmp_path / f"{file}.safetensors") for file in ("model", "again")]
    assert content[0].keys() == content[1].keys()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["again.safetensors", "model.safetensors"]


def test_transforms_conditions_and_descriptors_come_back(tmp_path) -> None:
    space = Space({"n": Int(1, 3), "x": Float(0.0, 1.0, active_if={"n": [2, 3]}), "kind": ["a", "b"]})
    X = torch.from_numpy(
        space.encode(
            [{"n": 1 + i % 3, "kind": "ab"[i % 2]} | ({"x": i / 9} if i % 3 else {}) for i in range(9)]
        )
    )
    Y = X.sum(1, keepdim=True) + 1.0
    properties = {2: torch.tensor([[0.1, 0.3], [0.7, 0.2]], dtype=torch.float64)}
    model = GaussianProcess(
        X,
        Y,
        Y * 0.01,
        [2],
        Normalize(3, indices=[1]),
        None,
        descriptors=properties,
        conditions=space.conditions,
    ).fit()
    model.save(tmp_path / "m")
    assert same(augury.load(tmp_path / "m"), model, X + torch.tensor([0.0, 0.05, 0.0]))


@pytest.mark.parametrize("transform", [Standardize(m=1), Log(), None])
def test_outcome_transforms_come_back(transform, tmp_path) -> None:
    X = points(8, 2)
    model = GaussianProcess(X, outcomes(X), outcome_transform=transform).fit()
    model.save(tmp_path / "m")
    assert same(augury.load(tmp_path / "m"), model, points(4, 2))


@pytest.mark.parametrize("prior", [BurrXII(3.0, 1.5), Gamma(torch.tensor(2.0), torch.tensor(2.0))])
def test_distributions_come_back(prior, tmp_path) -> None:
    X = points(8, 2)
    model = ScaleMixtureProcess(X, outcomes(X), scale_prior=prior).fit()
    model.save(tmp_path / "m")
    assert same(augury.load(tmp_path / "m"), model, points(4, 2))


def test_a_model_that_no_name_stands_for_comes_back_by_where_it_stands(tmp_path) -> None:
    X = points(8, 2)
    model = EnvironmentProcess(X, outcomes(X), environment={1: Normal(0.5, 0.2)}).fit()
    model.save(tmp_path / "m")
    assert same(augury.load(tmp_path / "m"), model, points(4, 2))


def test_what_no_file_holds_is_asked_for(tmp_path) -> None:
    X = points(10, 2)
    model = GaussianProcess(X, outcomes(X), covar_module=ScaleKernel(RBFKernel())).fit()
    path = tmp_path / "own.safetensors"
    model.save(path)
    with pytest.raises(InvalidInputError, match=r"needs covar_module beside the file.*given nothing"):
        augury.load(path)
    with pytest.raises(InvalidInputError, match="given network"):
        augury.load(path, network=None)
    assert same(augury.load(path, covar_module=ScaleKernel(RBFKernel())), model, points(4, 2))


@pytest.mark.filterwarnings("ignore::augury.inference.base.InferenceWarning")
@pytest.mark.parametrize("own", [False, True])
def test_the_weights_of_a_network_are_in_the_file_and_only_the_users_own_is_supplied(own, tmp_path) -> None:
    X = points(8, 2)
    inference = HMC(num_samples=4, burn_in=4, num_chains=2, max_leapfrog=2)

    def network(seed: int) -> nn.Module:
        mlp = MLP(2, (4,), 1, seed=seed)
        return nn.Sequential(*mlp) if own else mlp  # whose linear layers are torch's

    model = BayesianNeuralNetwork(X, outcomes(X), network=network(0), prior=1.0, inference=inference).fit()
    model.save(tmp_path / "m")
    loaded = augury.load(tmp_path / "m", **({"network": network(5)} if own else {}))
    assert same(loaded, model, points(4, 2))
    assert loaded.inference.num_chains == 2


ENCODERS = {
    "layers in a row": lambda: nn.Sequential(nn.Unflatten(-1, (8, 1)), SoftmaxFreeEncoder(8, 1, 4, 2, 1, 2)),
    "an array": lambda: ArrayEncoder(
        UniRepLKNet(1, (1,), 4, ((7,),), 2, spatial_dims=1, norm="batch", dtype=torch.float32), (1, 8)
    ),
    "further arguments": lambda: ArrayEncoder(SGConvEncoder(1, 8, 4, 1, 2, taps=4, seed=3), (8, 1)),
}


@pytest.mark.parametrize("make", ENCODERS.values(), ids=ENCODERS)
def test_encoders_come_back_with_the_weights_that_are_not_trained(make, tmp_path) -> None:
    X, encoder = points(9, 8), make()
    for parameter in encoder.parameters():
        with torch.no_grad():
            parameter.add_(0.01)
    next(encoder.parameters()).requires_grad_(False)
    model = DeepKernelGP(X, outcomes(X), encoder=encoder)
    model.save(tmp_path / "m")
    loaded = augury.load(tmp_path / "m")
    given, made = (one.posterior(points(4, 8)) for one in (model, loaded))
    assert torch.allclose(made.mean, given.mean, rtol=1e-10)  # sums of other memory may be rounded otherwise
    assert torch.allclose(made.variance, given.variance, rtol=1e-8)
    assert [p.requires_grad for p in loaded.encoder().parameters()] == [
        p.requires_grad for p in encoder.parameters()
    ]


def test_a_network_that_is_no_longer_what_was_constructed_is_asked_for(tmp_path) -> None:
    X = points(9, 8)
    folded = UniRepLKNet(1, (1,), 4, ((7,),), 2, spatial_dims=1).eval().reparameterize()
    model = DeepKernelGP(X, outcomes(X), encoder=ArrayEncoder(folded, (1, 8)))
    model.save(tmp_path / "m")
    with pytest.raises(InvalidInputError, match="needs encoder beside the file"):
        augury.load(tmp_path / "m")
    assert same(augury.load(tmp_path / "m", encoder=ArrayEncoder(folded, (1, 8))), model, points(4, 8))


def test_later_changes_to_the_callers_tensors_are_not_saved(tmp_path) -> None:
    X = points(8, 2)
    Y = outcomes(X)
    model = GaussianProcess(X, train_Y=Y).fit()
    X.fill_(0.5), Y.zero_()
    model.save(tmp_path / "m")
    assert same(augury.load(tmp_path / "m"), model, points(4, 2))


def test_a_copy_that_the_constructor_does_not_make_is_refused(process, tmp_path) -> None:
    X = points(6, 2)
    two = GaussianProcess(X, outcomes(X).expand(6, 2) * torch.tensor([1.0, -1.0])).fit()
    told = process.condition_on_observations(points(1, 2) + 0.01, torch.full((1, 1), 9.0).double())
    for copy in (two.subset_output([1]), told):
        with pytest.raises(NotSupportedError, match="save the model that it came from"):
            copy.save(tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_a_model_without_training_says_so(tmp_path) -> None:
    X = points(6, 2)
    with pytest.raises(NotSupportedError, match="call fit"):
        BayesianNeuralNetwork(X, outcomes(X)).save(tmp_path / "m")


class _Unregistered(GaussianProcess):
    pass


def test_a_class_that_is_not_registered_is_refused(tmp_path) -> None:
    X = points(6, 2)
    with pytest.raises(NotSupportedError, match=r"augury\.models"):
        _Unregistered(X, outcomes(X)).save(tmp_path / "m")


def test_an_older_file_is_replaced_by_a_complete_one_only(process, tmp_path, monkeypatch) -> None:
    path = tmp_path / "m"
    process.save(path)
    before = path.read_bytes()

    def full(self, content):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="disk full"):
        process.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# --- files that are none ---------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_told(process, tmp_path) -> None:
    with pytest.raises(InvalidInputError, match=r"the folder .*nowhere does not exist; create it"):
        process.save(tmp_path / "nowhere" / "model.safetensors")


def test_other_files_are_told_apart(tmp_path) -> None:
    text, foreign = tmp_path / "notes.txt", tmp_path / "weights.safetensors"
    text.write_text("temperature,yield\n1,2\n")
    save_file({"weight": torch.zeros(2)}, foreign)
    with pytest.raises(InvalidInputError, match=r"cannot read .*missing.*No such file"):
        augury.load(tmp_path / "missing")
    with pytest.raises(InvalidInputError, match=r"notes\.txt is no safetensors file"):
        augury.load(text)
    with pytest.raises(InvalidInputError, match=r"not written by model\.save"):
        augury.load(foreign)


def content_with(**changed: str) -> bytes:
    header = {"format": file_format.FORMAT, "version": "1", "document": "{}"} | changed
    return save({"x": torch.zeros(1)}, metadata=header)


def part(kind: str, path: str) -> bytes:
    return content_with(document=document(arguments={"a": {kind: path, "arguments": {}}}))


def document(**changed: object) -> str:
    return json.dumps({"model": "gp", "arguments": {}, "supplied": []} | changed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (content_with(version="2"), "format version 2; this augury reads up to 1: update"),
        (content_with(version="old"), "damaged: its version is 'old'"),
        (content_with(document="{"), "damaged: its header is no JSON"),
        (content_with(document="[]"), "damaged: its header is no JSON"),
        (content_with(document="{}"), "damaged: it does not name its model"),
        (content_with(document=document(model="gauss")), "called 'gauss', which is not known here"),
        (content_with(document=document(model="os:system")), "which is not known here"),
        (content_with(document=document(model="augury.study.study:Study")), "which is not known here"),
        (content_with(document=document(arguments=3)), "damaged: it lacks the arguments"),
        (content_with(document=document()), "damaged: TypeError"),
        (content_with(document=document(arguments={"train_X": {"tensor": "y"}})), "no argument that augury"),
        (
            content_with(document=document(arguments={"a": {"part": "os:system", "arguments": {}}})),
            "os:system",
        ),
        (
            content_with(document=document(arguments={"a": {"function": "os:system", "arguments": {}}})),
            "os:sy",
        ),
        (part("part", "augury.cli.app:os"), "not known to this augury"),
        (content_with(document=document(arguments={"train_X": {"tensor": "x"}, "train_Y": 1})), "damaged"),
    ],
)
def test_a_damaged_or_hostile_file_is_refused_with_its_fault(content, message) -> None:
    with pytest.raises(InvalidInputError, match=message):
        from_bytes(content, {})


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_happens_to_a_file_it_is_loaded_or_refused(process, data) -> None:
    content, _ = to_bytes(process)
    place = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["flip", "cut", "insert"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    changed = {
        "flip": content[:place] + byte + content[place + 1 :],
        "cut": content[:place],
        "insert": content[:place] + byte + content[place:],
    }[kind]
    try:
        loaded = from_bytes(changed, {})
    except InvalidInputError:
        return
    assert loaded.num_outputs == 1


def test_a_file_of_an_older_version_is_brought_to_this_one(process, monkeypatch) -> None:
    content, _ = to_bytes(process)

    def rename(document, tensors):
        document["arguments"]["train_X"] = {"tensor": "inputs"}
        return document, {**tensors, "inputs": tensors["arguments.train_X"] / 2.0}

    monkeypatch.setattr(file_format, "VERSION", 2)
    monkeypatch.setitem(file_format.MIGRATIONS, 1, rename)
    loaded = from_bytes(content, {})
    assert torch.equal(loaded.train_inputs[0], process.train_inputs[0] / 2.0)
