"""``zeropoint train`` and ``zeropoint finetune``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

if TYPE_CHECKING:
    from typing import Unpack


class RecipeOptions(TypedDict):
    """Options that ``train`` and ``finetune`` hand on to :class:`zeropoint.vision.train.Recipe` as they are."""

    epochs: int
    batch_size: int
    max_lr: float
    seed: int
    bf16: bool


@click.command()
@click.argument("network")
@click.option("--epochs", default=55, show_default=True, type=click.IntRange(min=1))
@click.option("--batch-size", default=128, show_default=True, type=click.IntRange(min=1))
@click.option("--max-lr", default=0.2, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--bf16", is_flag=True, help="Autocast to bfloat16; only fast on CPUs with AVX512-BF16 or AMX.")
@click.option("--subset", is_flag=True, help="Train on the 4,000 shipped images instead of all 50,000.")
@click.option("--fresh", is_flag=True, help="Start anew instead of resuming from the last epoch.")
@click.option("--out", default="checkpoints", show_default=True, type=click.Path(file_okay=False))
def train(network: str, subset: bool, fresh: bool, out: str, **recipe: Unpack[RecipeOptions]) -> None:
    """Train NETWORK (e.g. resnet20) and measure it on the test images; resumes after the last whole epoch."""
    from pathlib import Path

    from zeropoint.vision.train import Recipe, train_network

    for line in train_network(network, Recipe(**recipe), Path(out), subset=subset, fresh=fresh):
        click.echo(line)


@click.command()
@click.argument("network")
@click.option("--weight-bits", default=4, show_default=True, type=click.IntRange(2, 8))
@click.option("--activation-bits", default=4, show_default=True, type=click.IntRange(2, 8))
@click.option("--ends-bits", type=click.IntRange(2, 8), help="Bits of the first and the last layer, if others.")
@click.option("--fixed", "learn_step", flag_value=False, default=True, help="Keep calibrated scales (default: LSQ).")
@click.option("--float", "floating", is_flag=True, help="Quantize nothing: the control, with all else equal.")
@click.option("--epochs", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--batch-size", default=128, show_default=True, type=click.IntRange(min=1))
@click.option("--lr", "max_lr", default=0.01, show_default=True, type=click.FloatRange(min=0, min_open=True))
@click.option("--seed", default=0, show_default=True)
@click.option("--bf16", is_flag=True, help="Autocast to bfloat16; only fast on CPUs with AVX512-BF16 or AMX.")
@click.option("--subset", is_flag=True, help="Train on the 4,000 shipped images instead of all 50,000.")
@click.option("--fresh", is_flag=True, help="Start anew instead of resuming from the last epoch.")
@click.option("--out", default="checkpoints", show_default=True, type=click.Path(file_okay=False))
def finetune(
    network: str,
    weight_bits: int,
    activation_bits: int,
    ends_bits: int | None,
    learn_step: bool,
    floating: bool,
    subset: bool,
    fresh: bool,
    out: str,
    **recipe: Unpack[RecipeOptions],
) -> None:
    """Fine-tune NETWORK with quantization in the loop and measure it; resumes after the last whole epoch."""
    from pathlib import Path

    from zeropoint.vision.finetune import GENTLE, finetune_network
    from zeropoint.vision.finetuned import Target
    from zeropoint.vision.train import Recipe

    target = Target(network, weight_bits, activation_bits, ends_bits, learn_step, floating)
    settings = Recipe(**GENTLE, **recipe)
    for line in finetune_network(target, settings, Path(out), subset=subset, fresh=fresh):
        click.echo(line)
