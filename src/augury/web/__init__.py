"""The dashboard: a study in the browser, live, and the page for somebody who has only a spreadsheet.

server                            listens, and prints where
app, access, answers, assets      the application: its routes, who may use them, what they answer, its files
studies                           the studies of a store, each opened once
trial_rows, standing, events      the trials, where the study stands, and what is new, as the page gets them
figures, predictions              what the charts show: of the trials, and of the surrogate
changes                           tell and ask (`--write`)
spreadsheet, uploaded_table       a table in, the next experiments out; nothing is kept

The page itself is in static/: HTML, CSS and JavaScript modules as they are, without a build step.
"""
