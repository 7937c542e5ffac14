"""The peers of `benchmarks.hmc`, run by the Python of a separate environment that has JAX:

    python -m venv jax-env && jax-env/bin/pip install jax blackjax numpyro

This file imports neither augury nor anything of this folder, so that it runs there. It samples the density
described by the `.npz` file it is given and writes the draws of the function at the test points.

Usage: `python jax_samplers.py {numpyro,blackjax,blackjax-hmc} problem.npz result.npz [--single]`
"""

import argparse
import itertools
import os
import time

#: Of BlackJAX's HMC: about the path that suits this density at the step size its adaptation finds.
_LEAPFROG_STEPS = 64


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=("numpyro", "blackjax", "blackjax-hmc"))
    parser.add_argument("problem")
    parser.add_argument("result")
    parser.add_argument("--single", action="store_true")
    parser.add_argument("--warmup", type=int, default=200)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") == "1":
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax

    jax.config.update("jax_enable_x64", not options.single)
    import jax.numpy as jnp
    import numpy as np

    given = np.load(options.problem)
    X, Y, X_test = (jnp.asarray(given[name]) for name in ("X", "Y", "X_test"))
    scale, widths = jnp.asarray(given["scale"]), [int(width) for width in given["widths"]]
    P = len(scale)

    def network(theta, inputs):
        h, start = inputs, 0
        for layer, (fan_in, out) in enumerate(itertools.pairwise(widths)):
            W = theta[start : start + out * fan_in].reshape(out, fan_in)
            start += out * fan_in
            h = h @ W.T + theta[start : start + out]
            start += out
            if layer < len(widths) - 2:
                h = jnp.tanh(h)
        return h

    def log_density(z):
        """In coordinates in which the prior of every weight is N(0, 1), which helps the peers."""
        residual = network(z[:P] * scale, X) - Y
        variance = jnp.exp(2.0 * z[P]) + 0.05**2
        value = -0.5 * (jnp.sum(residual**2) / variance + Y.size * jnp.log(variance))
        return value - 0.5 * jnp.sum(z[:P] ** 2) - 0.5 * (z[P] + 2.0) ** 2

    C, run_key = options.chains, jax.random.key(options.seed)
    start = jnp.asarray(given["start"][:C])

    if options.library == "numpyro":
        from numpyro.infer import MCMC, NUTS

        mcmc = MCMC(
            NUTS(potential_fn=lambda z: -log_density(z)),
            num_warmup=options.warmup,
            num_samples=options.samples,
            num_chains=C,
            chain_method="vectorized",
            progress_bar=False,
        )
        mcmc.run(run_key, init_params=start, extra_fields=("num_steps", "accept_prob"))
        draws = mcmc.get_samples(group_by_chain=True)
        fields = mcmc.get_extra_fields()
        acceptance, steps = fields["accept_prob"].mean(), fields["num_steps"].mean()
    else:
        import blackjax

        kernel, fixed = blackjax.nuts, {}
        if options.library == "blackjax-hmc":
            kernel, fixed = blackjax.hmc, {"num_integration_steps": _LEAPFROG_STEPS}

        def one_chain(position, chain_key):
            warm_key, sample_key = jax.random.split(chain_key)
            warmup = blackjax.window_adaptation(kernel, log_density, **fixed)
            (state, parameters), _ = warmup.run(warm_key, position, num_steps=options.warmup)
            step = kernel(log_density, **parameters).step

            def body(state, step_key):
                state, info = step(step_key, state)
                return state, (state.position, info.acceptance_rate, info.num_integration_steps)

            _, kept = jax.lax.scan(body, state, jax.random.split(sample_key, options.samples))
            return kept

        draws, acceptance, steps = jax.jit(jax.vmap(one_chain))(start, jax.random.split(run_key, C))
        acceptance, steps = acceptance.mean(), steps.mean()
    flat = draws[..., :P].reshape(-1, P) * scale
    values = jax.jit(jax.vmap(lambda theta: network(theta, X_test)[:, 0]))(flat)
    values = np.asarray(values.reshape(C, options.samples, -1), dtype=np.float64)
    finished = time.time()
    noise = np.sqrt(np.exp(2.0 * np.asarray(draws[..., P])) + 0.05**2)
    np.savez(
        options.result, values=values, noise=noise, finished=finished, acceptance=acceptance, steps=steps
    )


if __name__ == "__main__":
    main()
