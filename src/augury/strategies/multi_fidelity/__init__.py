"""The parts of a decision where a function exists in several versions.

target_space        the version that counts, by itself
nested_design       where each version is evaluated to begin with
relation            whether the results speak for a relation of the versions
version_models      the surrogates of all versions, or of the target where the others do not tell of it
version_choice      which version of a chosen point to evaluate
acquisitions        acquisitions over points and versions at once, by name
"""
