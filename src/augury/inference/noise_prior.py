"""What is presumed of the noise of standardised outcomes before any are seen."""

from __future__ import annotations

#: `log sigma ~ N(-2, 1)` for standardised outcomes: a noise of 2 % to 96 % of their deviation (95 %).
LOG_NOISE_LOCATION, LOG_NOISE_SCALE = -2.0, 1.0
#: Least noise deviation. Networks can pass through every point of a function without noise; the posterior
#: then becomes ever narrower, and chains creep.
NOISE_FLOOR = 0.05
