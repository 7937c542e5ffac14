"""A person's table of experiments: reading it, what its columns mean, the space file, the next experiments.

cells, dialect, table, excel, parquet     reading: cells that remember how they were written
resolution, roles, inference              what the columns mean
space_file, candidates, descriptors       what the user says about them
definition                                the space that follows from all of these
outcomes, encoding                        past experiments as a strategy sees them
advice, quality, rounding                 the next experiments, and how well the model predicts
account                                   what was found, in words and as JSON
next_table, writing                       the table of next experiments
"""
