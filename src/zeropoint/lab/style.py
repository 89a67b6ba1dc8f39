"""One look for every picture: the colours, the hatching and the type of the static figures.

The widgets use the same colours; ``ruler.css`` repeats them and a test holds both together.
"""

from __future__ import annotations

# Okabe and Ito's palette ("Color Universal Design", 2008) stays distinct for colour-blind readers.
# Colour is never the only signal: clipping is hatched as well, and every mark has a label.
PALETTE = {
    "data": "#56B4E9",  # sky blue: the values themselves
    "rounding": "#0072B2",  # blue: error of values that land between two levels
    "clipping": "#D55E00",  # vermillion: error of values beyond the last level
    "zero": "#CC79A7",  # reddish purple: real zero and its code
    "levels": "#4D4D4D",  # the levels of the ruler, and everything neutral
    "green": "#009E73",  # no role of its own: a further series
    "orange": "#E69F00",
}

# Where a colour of the palette is too bright for white paper (3 : 1 is wanted): of lines, and round filled areas.
EDGES = {**PALETTE, "data": "#2C8BC0", "orange": "#B97F00"}

# The order in which the layers of a panel take their colours when they name none.
SERIES = ("rounding", "clipping", "green", "zero", "orange", "data")

HATCH = {"clipping": "////"}

FIGURE_DPI = 110  # a three-panel figure stays near 25 kB; a notebook may weigh 500

RC_PARAMS = {
    "axes.grid": False,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.dpi": FIGURE_DPI,
    "hatch.linewidth": 0.8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}
