"""Vector fields on manifolds known by points: Peach et al. (2024).

The spectrum of the sphere against its closed form; super-resolution of random smooth fields on the Stanford
bunny (needs `AUGURY_DATA`) and a torus, beside processes that look at each coordinate alone; the number of
eigenfields; one component alone, by the registered model; in-painting of a source; divergence and curl with
their uncertainty. (The paper's recordings of brain waves are not public.)

    python -m reproductions.vector_fields [--quick]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.neighbors import NearestNeighbors

from augury.datasets.meshes import load_mesh_vertices
from augury.errors import InvalidInputError
from augury.geometry import Differentials, TangentBundle, eigenmaps, farthest_points, normals, random_field
from augury.kernels import ConnectionMaternKernel
from augury.models import GaussianProcess, VectorFieldComponent, VectorFieldGP
from reproductions._table import Row, is_quick, print_table

#: How long the fields diffuse, in units of the plain graph's Laplacian: as published; and less where after
#: that nothing but a parallel field is left.
_STEPS = {"bunny": 100.0, "torus": 5.0}
Predictor = Callable[[TangentBundle, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _sphere(n: int) -> np.ndarray:
    """Fibonacci's points."""
    i = np.arange(n) + 0.5
    z, angle = 1.0 - 2.0 * i / n, np.pi * (1.0 + 5.0**0.5) * i
    radius = np.sqrt(1.0 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def _torus(n: int, seed: int) -> np.ndarray:
    """Uniform points of the torus with radii 1 and 0.4."""
    generator = np.random.default_rng(seed)
    around, across = generator.uniform(0.0, 2.0 * np.pi, size=(2, 4 * n))
    kept = np.flatnonzero(generator.uniform(size=4 * n) < (1.0 + 0.4 * np.cos(across)) / 1.4)[:n]
    around, across = around[kept], across[kept]
    radius = 1.0 + 0.4 * np.cos(across)
    return np.stack([radius * np.cos(around), radius * np.sin(around), 0.4 * np.sin(across)], axis=1)


# -- the spectrum ------------------------------------------------------------------------------------------


def spectrum(sizes: list[int]) -> list[Row]:
    rows = []
    for n in sizes:
        values = eigenmaps(TangentBundle.from_points(_sphere(n)), 30).values
        for exact, part in ((1.0, values[:6]), (5.0, values[6:16]), (11.0, values[16:])):
            error = np.abs(part / exact - 1.0).max()
            measured = f"{part.min():.3f} to {part.max():.3f}; largest error {100.0 * error:.1f} %"
            claim = f"{n} points: eigenvalue {exact:g} (x{len(part)}), in 1 / radius^2"
            rows.append((claim, "exact", measured))
    return rows


# -- super-resolution --------------------------------------------------------------------------------------


def _process(bundle: TangentBundle, known: np.ndarray, vectors: np.ndarray, new: np.ndarray) -> np.ndarray:
    return VectorFieldGP(eigenmaps(bundle, 100), known, vectors).fit().predict(new)[0]


def _scalar(bundle: TangentBundle, known: np.ndarray, vectors: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Each ambient coordinate by the same Matern kernel of the graph's own Laplacian, as many eigenfunctions
    for each of the three."""
    alone = TangentBundle.trivial(bundle.points, bundle.manifold_dim)
    return VectorFieldGP(eigenmaps(alone, 300), known, vectors).fit().predict(new)[0]


def _ambient(bundle: TangentBundle, known: np.ndarray, vectors: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Each ambient coordinate by scikit-learn's process with an RBF kernel of ambient distances."""
    size = np.linalg.norm(np.ptp(bundle.points, axis=0))
    columns = []
    for column in vectors.T:
        kernel = ConstantKernel(1.0) * RBF(0.1 * size, (1e-3 * size, 10.0 * size)) + WhiteKernel(0.01)
        process = GaussianProcessRegressor(kernel, n_restarts_optimizer=2, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            columns.append(process.fit(bundle.points[known], column).predict(bundle.points[new]))
    return np.stack(columns, axis=1)


def _nearest(bundle: TangentBundle, known: np.ndarray, vectors: np.ndarray, new: np.ndarray) -> np.ndarray:
    finder = NearestNeighbors(n_neighbors=4).fit(bundle.points[known])
    return vectors[finder.kneighbors(bundle.points[new])[1]].mean(axis=1)


METHODS: dict[str, Predictor] = {
    "vector field process": _process,
    "Laplacian's Matern, coordinate by coordinate": _scalar,
    "RBF in space, coordinate by coordinate": _ambient,
    "mean of the 4 nearest": _nearest,
}


def _score(found: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean cosine and R2."""
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(truth, axis=1)
    cosine = (found * truth).sum(axis=1) / np.maximum(lengths, 1e-300)
    left = np.square(found - truth).sum() / np.square(truth - truth.mean(axis=0)).sum()
    return float(cosine.mean()), float(1.0 - left)


def _smooth_field(name: str, bundle: TangentBundle, seed: int) -> np.ndarray:
    return random_field(bundle, _STEPS[name] * bundle.unit / bundle.graph.data.mean(), seed)


def super_resolution(
    name: str, bundle: TangentBundle, shares: list[float], seeds: int, published: dict[str, str]
) -> list[Row]:
    rows = []
    for share in shares:
        scores: dict[str, list[tuple[float, float]]] = {label: [] for label in METHODS}
        normal = []
        for seed in range(seeds):
            field = _smooth_field(name, bundle, seed)
            order = np.random.default_rng(seed).permutation(len(bundle))
            known, new = np.split(order, [int(share * len(bundle))])
            for label, predict in METHODS.items():
                found = predict(bundle, known, field[known], new)
                scores[label].append(_score(found, field[new]))
                if label == "vector field process":
                    frames = bundle.frames[new]
                    tangent = np.einsum("ndm,nem,ne->nd", frames, frames, found)
                    normal.append(np.abs(found - tangent).max())
        for label in METHODS:
            cosine, r2 = np.mean(scores[label], axis=0)
            least = min(score[0] for score in scores[label])
            told = published.get(label, "") if share == shares[0] else ""
            measured = f"cosine {cosine:.4f} (least {least:.4f}), R2 {r2:.3f}"
            rows.append((f"{name}, {100 * share:.0f} % known: {label}", told, measured))
        rows.append(
            (f"{name}, {100 * share:.0f} % known: normal component", "<= 1e-10", f"{max(normal):.1g}")
        )
    return rows


def component(name: str, bundle: TangentBundle, shares: list[float], seeds: int) -> list[Row]:
    """The registered model, to which a table of points and the measured component in x is told, as a study
    does it; beside it the process of ambient distances, and that of whole vectors."""
    places = torch.from_numpy(bundle.points)
    low, high = places.min(dim=0).values, places.max(dim=0).values
    cube = (places - low) / (high - low)
    on_points = partial(VectorFieldComponent, nodes=cube, coordinates=places)
    models = {
        "its direction known": partial(on_points, directions=[[1.0, 0.0, 0.0]]),
        "its direction unknown": on_points,
        "the default Gaussian process": GaussianProcess,
    }
    rows = []
    for share in shares:
        scores: dict[str, list[float]] = {label: [] for label in (*models, "from whole vectors")}
        for seed in range(seeds):
            field = _smooth_field(name, bundle, seed)
            known, new = np.split(
                np.random.default_rng(seed).permutation(len(bundle)), [int(share * len(bundle))]
            )
            truth = field[new, 0]
            found = {"from whole vectors": _process(bundle, known, field[known], new)[:, 0]}
            for label, model in models.items():
                fitted = model(cube[known], torch.from_numpy(field[known, :1])).fit()
                found[label] = fitted.posterior(cube[new].unsqueeze(-2)).mean.detach().reshape(-1).numpy()
            for label, mean in found.items():
                left = np.square(mean - truth).sum() / np.square(truth - truth.mean()).sum()
                scores[label].append(float(1.0 - left))
        for label, values in scores.items():
            measured = f"R2 {np.mean(values):.3f} (least {min(values):.3f})"
            rows.append((f"{100 * share:.0f} % known: {label}", "", measured))
    return rows


def eigenpairs(name: str, bundle: TangentBundle, counts: list[int], seeds: int) -> list[Row]:
    rows = []
    basis = eigenmaps(bundle, max(counts))
    for count in counts:
        few = type(basis)(bundle, basis.values[:count], basis.local[:, :, :count])
        scores = []
        for seed in range(seeds):
            field = _smooth_field(name, bundle, seed)
            known, new = np.split(np.random.default_rng(seed).permutation(len(bundle)), [len(bundle) // 2])
            found = VectorFieldGP(few, known, field[known]).fit().predict(new)[0]
            scores.append(_score(found, field[new]))
        cosine, r2 = np.mean(scores, axis=0)
        rows.append(
            (f"{count} eigenfields, 50 % known", "rises, then level", f"cosine {cosine:.4f}, R2 {r2:.3f}")
        )
    return rows


# -- a source in a hole, and derivatives -------------------------------------------------------------------


def _winding(points: np.ndarray, vectors: np.ndarray, low: float, high: float) -> int:
    """How often the vectors of the points at these angles from the pole turn on a way around it."""
    angle = np.arccos(points[:, 2])
    ring = np.flatnonzero((angle > low) & (angle < high))
    ring = ring[np.argsort(np.arctan2(points[ring, 1], points[ring, 0]))]
    direction = np.arctan2(vectors[ring, 1], vectors[ring, 0])
    turns = np.diff(np.append(direction, direction[0]))
    return round(float(((turns + np.pi) % (2.0 * np.pi) - np.pi).sum()) / (2.0 * np.pi))


def in_painting(n: int) -> list[Row]:
    points = _sphere(n)
    bundle = TangentBundle.from_points(points)
    field = np.array([0.0, 0.0, 1.0]) - points[:, 2:] * points  # of the gradient of z: length sin(angle)
    angle = np.arccos(points[:, 2])
    known, hole = np.flatnonzero(angle > 0.6), np.flatnonzero(angle <= 0.6)
    model = VectorFieldGP(eigenmaps(bundle, 100), known, field[known]).fit()
    found, covariance = model.predict(hole)
    at_pole = np.argsort(angle[hole])[:5]
    error = np.sqrt(np.square(found - field[hole]).sum(axis=1).mean())
    lengths = np.linalg.norm(found, axis=1)
    deviation = np.sqrt(np.trace(covariance, axis1=1, axis2=2))
    rim = angle[hole] > 0.55
    measured = (
        f"{lengths[at_pole].mean():.3f} (true {np.sin(angle[hole][at_pole]).mean():.3f}), "
        f"at the rim {lengths[rim].mean():.3f}"
    )
    wider = f"{deviation[at_pole].mean() / deviation[rim].mean():.1f}"
    index = _winding(points, model.predict()[0], 0.25, 0.45)
    return [
        (f"gradient of z, hole of {len(hole)} points: RMS error", "", f"{error:.3f}"),
        ("length at the 5 points nearest to the pole", "towards 0", measured),
        ("index of the field within the hole", "1", str(index)),
        ("deviation in the middle / at the rim", "larger inside", wider),
    ]


def derivatives(n: int, draws: int) -> list[Row]:
    points = _sphere(n)
    bundle = TangentBundle.from_points(points)
    source = np.array([0.0, 0.0, 1.0]) - points[:, 2:] * points  # divergence -2 z, curl 0
    vortex = np.cross([0.0, 0.0, 1.0], points)  # divergence 0, curl 2 z seen from outside
    outside = np.sign((normals(bundle) * points).sum(axis=1).mean())
    operators = Differentials(bundle)

    def error(given: np.ndarray, exact: np.ndarray) -> str:
        return f"largest error {np.abs(given - exact).max():.3f} of 2"

    zero = np.zeros(n)
    rows = [
        ("divergence of a gradient", "-2 z", error(operators.divergence(source), -2.0 * points[:, 2])),
        ("curl of a gradient", "0", error(operators.curl(source), zero)),
        ("divergence of a rotation", "0", error(operators.divergence(vortex), zero)),
        ("curl of a rotation", "2 z", error(operators.curl(vortex), outside * 2.0 * points[:, 2])),
    ]
    basis = eigenmaps(bundle, 100)
    variances = ConnectionMaternKernel(torch.from_numpy(basis.values), kappa=0.5).spectrum.detach().numpy()
    inside: dict[str, list[float]] = {"divergence": [], "curl": []}
    for seed in range(draws):
        generator = np.random.default_rng(seed)
        truth = basis.ambient @ (np.sqrt(variances) * generator.normal(size=100))
        noise = 0.1 * bundle.to_ambient(generator.normal(size=(n, 2)))
        known = generator.permutation(n)[: n // 10]
        model = VectorFieldGP(basis, known, (truth + noise)[known]).fit()
        for label, given in inside.items():
            mean, deviation = getattr(model, label)()
            given.append((np.abs(mean - getattr(operators, label)(truth)) < 1.96 * deviation).mean())
    for label, given in inside.items():
        claim = f"{label} of {draws} draws of the prior, a tenth known, noise 0.1: in the 95 % interval"
        rows.append((claim, "95 %", f"{100.0 * np.mean(given):.0f} % of points"))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    sizes = [1000] if quick else [300, 1000, 4000]
    print_table("Sphere: the connection Laplacian's spectrum", spectrum(sizes))
    seeds, shares = (1, [0.5]) if quick else (5, [0.5, 0.2, 0.1])
    published = {
        "vector field process": "0.989 by its code, n = 308",
        "Laplacian's Matern, coordinate by coordinate": "0.964, n = 308",
        "RBF in space, coordinate by coordinate": "0.964, n = 308",
    }
    bundles = {}
    try:
        vertices = load_mesh_vertices("bunny")
        bundles["bunny"] = TangentBundle.from_points(vertices[farthest_points(vertices, 0.03)])
    except InvalidInputError as error:
        print(error)
    torus = _torus(1500, 0)
    bundles["torus"] = TangentBundle.from_points(torus[farthest_points(torus, 0.04)])
    for name, bundle in bundles.items():
        title = f"Super-resolution, {name} ({len(bundle)} points)"
        told = published if name == "bunny" else {}
        print_table(title, super_resolution(name, bundle, shares, seeds, told))
    counts = [5, 50] if quick else [1, 2, 5, 10, 50, 100, 200]
    name = "bunny" if "bunny" in bundles else "torus"
    print_table(f"Number of eigenfields, {name}", eigenpairs(name, bundles[name], counts, 1 if quick else 3))
    title = f"The component in x alone (model 'vector-field'), {name}"
    print_table(title, component(name, bundles[name], shares, seeds))
    print_table("In-painting on the sphere", in_painting(1000))
    print_table("Divergence and curl on the sphere", derivatives(1000, 3 if quick else 20))


if __name__ == "__main__":
    main()
