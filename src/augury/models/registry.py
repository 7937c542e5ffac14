"""The surrogates by name; third parties add theirs through the entry-point group `augury.models`."""

from __future__ import annotations

from augury.registry import Registry

#: The name of the mixture of surrogates.
PORTFOLIO = "portfolio"
#: That of the Gaussian process with a trend.
UNIVERSAL_KRIGING = "universal-kriging"
#: Model classes, or callables `(train_X, train_Y, train_Yvar, space) -> Model`.
MODELS = Registry(
    "model",
    "augury.models",
    {
        "gp": "augury.models.gaussian_process:GaussianProcess",
        UNIVERSAL_KRIGING: "augury.models.gaussian_process:universal_kriging",
        "gradient-gp": "augury.models.gradient_enhanced_process:GradientEnhancedGaussianProcess",
        "co-kriging": "augury.models.co_kriging:CoKriging",
        "recursive-co-kriging": "augury.models.recursive_co_kriging:RecursiveCoKriging",
        "stepwise-co-kriging": "augury.models.stepwise_co_kriging:StepwiseCoKriging",
        "hierarchical-kriging": "augury.models.hierarchical_kriging:HierarchicalKriging",
        "multi-task-gp": "augury.models.multi_task_gaussian_process:MultiTaskGaussianProcess",
        "multi-source-gp": "augury.models.multi_task_gaussian_process:MultiSourceGaussianProcess",
        "graph-co-kriging": "augury.models.source_graph:graph_co_kriging",
        "latent-source-gp": "augury.models.latent_source_gaussian_process:LatentSourceGaussianProcess",
        "space-mapping": "augury.models.space_mapping:SpaceMapping",
        "sgpr": "augury.models.sparse_gaussian_process:SparseGaussianProcess",
        "svgp": "augury.models.sparse_gaussian_process:stochastic",
        "deep-kernel-machine": "augury.models.deep_kernel_machine:DeepKernelMachine",
        "saas": "augury.models.sparse_axis_process:SparseAxisProcess",
        "sparse-multiple-kernel": "augury.models.sparse_multiple_kernel_gp:SparseMultipleKernelGP",
        "functional-tucker": "augury.models.functional_tucker:FunctionalTucker",
        "vector-field": "augury.models.vector_field_component:VectorFieldComponent",
        "nargp": "augury.models.nargp:NARGP",
        "deep-kernel": "augury.models.deep_kernel:DeepKernelGP",
        "bnn": "augury.models.bayesian_neural_network:BayesianNeuralNetwork",
        "bnn-hmc": "augury.models.network_surrogates:hmc",
        "ntk-ensemble": "augury.models.ntk_ensemble:NTKEnsemble",
        "bnn-nuts": "augury.models.network_surrogates:nuts",
        "bundled": "augury.models.bundled_surrogate:BundledSurrogate",
        "infinite-width": "augury.models.infinite_width_gp:InfiniteWidthGP",
        "bnn-sghmc": "augury.models.network_surrogates:sghmc",
        "bnn-cyclical-sgld": "augury.models.network_surrogates:cyclical_sgld",
        "functional-prior-bnn": "augury.models.network_surrogates:functional_prior",
        "laplace": "augury.models.network_surrogates:laplace",
        "deep-ensemble": "augury.models.network_surrogates:deep_ensemble",
        "mc-dropout": "augury.models.network_surrogates:mc_dropout",
        "prior-fitted-network": "augury.models.prior_fitted_network:PriorFittedNetwork",
        "scale-mixture": "augury.models.scale_mixture_process:ScaleMixtureProcess",
        PORTFOLIO: "augury.models.auto:Portfolio",
        "portfolio-predictions": "augury.models.portfolio_surrogates:portfolio_of_predictions",
        "portfolio-all": "augury.models.portfolio_surrogates:portfolio_of_all",
        "random-forest": "augury.models.random_forest:RandomForest",
        "student-t": "augury.models.student_t_process:StudentTProcess",
    },
)
