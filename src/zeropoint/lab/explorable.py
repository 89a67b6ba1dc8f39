"""Explorables: a few controls, one Python function that draws, and no JavaScript in the lesson.

A lesson gives the controls and a function from their values to a :class:`~zeropoint.lab.Picture`::

    import numpy as np
    from zeropoint.lab import Bars, Choice, Panel, Picture, Slider, Toggle, VLine, explore
    from zeropoint.quant import choose_qparams_affine, fake_quantize_affine, sqnr_db

    x = np.random.default_rng(0).normal(size=20_000).astype("float32")
    edges = np.linspace(-4, 4, 81)
    counts, _ = np.histogram(x, edges)

    def sqnr_of(clip, bits, signed):
        qparams = choose_qparams_affine(-clip, clip, bit_width=bits, signed=signed)
        return float(sqnr_db(x, fake_quantize_affine(x, *qparams)))

    def draw(clip, bits, signed):
        sqnr = sqnr_of(clip, bits, signed)
        marks = [VLine(-clip, "−clip", "clipping"), VLine(clip, "clip", "clipping")]
        panel = Panel("Values and clip range", "real value x", "values per bin", [Bars(edges, counts), *marks])
        say = f"Clipped at ±{clip:g}, {bits} bits give an SQNR of {sqnr:.1f} dB."
        return Picture([panel], say=say, facts=[("SQNR", f"{sqnr:.1f} dB"), ("levels", str(2**bits))])

    controls = [
        Slider("clip", "clip at", 0.5, 4.0, 0.05, 2.5, unit="σ"),
        Choice("bits", "bit width", [2, 4, 8], 4),
        Toggle("signed", "signed codes", True),
    ]
    explore(controls, draw, title="Where to clip", predict="Which SQNR, in dB, do 4 bits reach?",
            answer=sqnr_of)

``draw_picture(draw(clip=2.5, bits=4, signed=True))`` is the static figure of the same thing, for the cell before. The
mathematics stays in ``draw``, which can be called and tested on its own and should take a few milliseconds: whatever
does not depend on a control is computed once outside. While it runs the browser sends nothing further, and then only
the newest values, so that a slow function skips frames instead of queueing them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets as t

from zeropoint.lab.browser import browser_script, browser_style
from zeropoint.lab.frames import control_spec, picture_frame
from zeropoint.lab.inputs import Choice, Control, Slider, Toggle
from zeropoint.lab.panels import Picture


class Explorable(anywidget.AnyWidget):
    """Controls and the picture that follows them; made by :func:`explore`.

    Attributes
    ----------
    values : dict – what the controls show, as ``draw`` receives it
    picture : Picture – what is shown
    guess : float or None – what the learner predicted, once locked
    """

    _esm = browser_script("layers.js", "explorable.js")
    _css = browser_style("ruler.css", "explorable.css")

    title = t.Unicode("").tag(sync=True)
    predict = t.Unicode("").tag(sync=True)
    answer = t.Float(None, allow_none=True).tag(sync=True)
    guess = t.Float(None, allow_none=True).tag(sync=True)
    _controls = t.List().tag(sync=True)
    # name of a control → index of its stop; not echoed to the browser that set it: one message fewer before the answer
    _places = t.Dict().tag(sync=True, echo_update=False)
    _frame = t.Dict().tag(sync=True)
    _problem = t.Unicode("").tag(sync=True)
    _answered = t.Int(0).tag(sync=True)  # moves answered: the browser hears of each, also when nothing changed

    def __init__(self, controls: Sequence[Control], draw: Callable[..., Picture], **options: Any):
        self._by_name = {control.name: control for control in controls}
        self._draw = draw
        self._answer = options.pop("answer", None)
        self._alt = options.pop("alt", None)
        places = {control.name: control.place(control.value) for control in controls}
        specs = [control_spec(control, self._by_name) for control in controls]
        super().__init__(_controls=specs, **options)
        self._show(places)

    @property
    def values(self) -> dict[str, Any]:
        """The values of all controls, by name."""
        return self._values_at(self._shown)

    def set(self, **values: Any) -> None:
        """Move controls from Python, as the learner would with the mouse.

        Parameters
        ----------
        **values
            Names of controls with their new values.

        Raises
        ------
        ValueError
            When there is no such control or stop; whatever ``draw`` raises is raised as well.
        """
        for name in values.keys() - self._by_name.keys():
            raise ValueError(f"There is no control {name!r}: expected one of {', '.join(self._by_name)}.")
        moved = {name: self._by_name[name].place(value) for name, value in values.items()}
        self._show({**self._shown, **moved})

    def _values_at(self, places: dict[str, int]) -> dict[str, Any]:
        return {name: control.stops[places[name]] for name, control in self._by_name.items()}

    def _show(self, places: dict[str, int]) -> None:
        """Draw first, then change everything at once: an error leaves the last picture whole."""
        values = self._values_at(places)
        picture = self._draw(**values)
        if not isinstance(picture, Picture):
            raise TypeError(
                f"draw returned a {type(picture).__name__}: expected a Picture; return Picture([…], say=…)."
            )
        answer = self._answer(**values) if callable(self._answer) else self._answer
        self._shown = places
        self.picture = picture
        with self.hold_sync():
            self._places = places
            self._frame = picture_frame(picture)
            self._problem = ""
            if self.guess is None and answer is not None:  # once locked, the answer stays that of the question
                self.answer = float(f"{float(answer):.4g}")

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser sends, and answer every move of a control in one message."""
        with self.hold_sync():
            super().set_state(sync_data)
            self._answered += "_places" in sync_data

    @t.observe("_places")
    def _moved(self, change: Any) -> None:
        if change.new == self._shown:
            return  # it was Python that moved it
        try:
            self._show(dict(change.new))
        except Exception as error:  # the learner sees the sentence; the kernel's log would hide it
            self._shown = dict(change.new)
            self._problem = f"No picture for these values: {type(error).__name__}: {error}"

    def __repr__(self) -> str:
        shown = [repr(self.title)]
        for name, value in self.values.items():
            shown.append(f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value!r}")
        return f"Explorable({', '.join(shown)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:
        """Add the static twin, so that a page without widgets shows the same picture."""
        from zeropoint.lab.picture import draw_picture

        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        controls = self._by_name.items()
        settings = ", ".join(f"{control.label} {control.labels[self._shown[name]]}" for name, control in controls)
        figure = draw_picture(self.picture, title=f"{self.title} – {settings}")
        image = figure._repr_mimebundle_()[0]["image/png"]
        alt = self._alt or f"Static picture of {self.title!r} at {settings}: {self.picture.say}"
        return {**data, "image/png": image}, {**metadata, "image/png": {"alt": alt}}


def explore(
    controls: Sequence[Slider | Choice | Toggle],
    draw: Callable[..., Picture],
    *,
    title: str,
    predict: str | None = None,
    answer: float | Callable[..., float] | None = None,
    alt: str | None = None,
) -> Explorable:
    """Show a picture that follows its controls.

    Parameters
    ----------
    controls : list of Slider, Choice and Toggle
        In the order in which they are shown.
    draw : callable
        Receives the value of every control by its name and returns a :class:`~zeropoint.lab.Picture`; called once
        at once, so that an error in it stops the cell. Later errors are shown as one sentence over the last picture.
    title : str
        Heading, and the name that a screen reader gives to the widget.
    predict : str, optional
        A question with a number for an answer: the picture stays hidden until the learner locks a guess.
    answer : float or callable, optional
        The answer, or a function like ``draw`` that returns it for the values at which the guess is made.
    alt : str, optional
        Description of the static picture; by default its settings and the picture's sentence.

    Returns
    -------
    Explorable
        A widget; ``.values``, ``.picture`` and ``.set(name=value)`` reach it from Python.

    Raises
    ------
    ValueError
        When two controls share a name, there is no control, or there is an answer without a question.

    Examples
    --------
    >>> from zeropoint.lab import Line, Panel, Picture, Slider, explore
    >>> def draw(k):
    ...     panel = Panel("A line", "x", "k·x", [Line([0, 1], [0, k])])
    ...     return Picture([panel], say=f"The slope is {k}.")
    >>> explore([Slider("k", "slope", 1, 9, 1, 3)], draw, title="Slopes")
    Explorable('Slopes', k=3)
    """
    names = [control.name for control in controls]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"The controls are named {names}: expected one or more, each with a name of its own.")
    if answer is not None and not predict:
        raise ValueError(f"There is an answer ({answer!r}) but no question: pass predict='How many …?' as well.")
    return Explorable(controls, draw, title=title, predict=predict or "", answer=answer, alt=alt)
