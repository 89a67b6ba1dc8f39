"""Fine-tuning with quantization in the loop, its control, and the files it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from zeropoint.cli import main
from zeropoint.quant.quantized_model import QuantizedModel
from zeropoint.vision import cifar, finetune, finetuned, zoo
from zeropoint.vision.finetuned import Target
from zeropoint.vision.models import ARCHITECTURES
from zeropoint.vision.train import Recipe, Training, fit

RECIPE = Recipe(epochs=2, batch_size=10, max_lr=0.002, weight_decay=0.0, warmup=0.05)
LOAD = zoo.load
X = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def tiny() -> nn.Module:
    layers = [nn.Conv2d(3, 6, 3, 2, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 6, 3, 2, groups=6)]
    return nn.Sequential(*layers, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 10))


def load(name: str) -> nn.Module:
    torch.manual_seed(1)
    return tiny().eval() if name == "tiny" else LOAD(name)


@pytest.fixture(autouse=True)
def small_work(monkeypatch) -> None:
    """A tiny network and few images: what is tested does not depend on their size."""
    monkeypatch.setitem(ARCHITECTURES, "tiny", tiny)
    monkeypatch.setitem(finetuned.ENDS, "tiny", ("0", "7"))
    monkeypatch.setattr(zoo, "load", load)
    calibration, train = cifar.calibration, cifar.train
    monkeypatch.setattr(cifar, "calibration", lambda *_: calibration(16))
    monkeypatch.setattr(cifar, "train", lambda *_, raw: train(30, raw=raw))
    monkeypatch.setattr(cifar, "full_test", lambda: pytest.fail("not asked for"))
    monkeypatch.setattr(finetune, "_test_sets", lambda: {"the shipped": cifar.test(20)})


def training(target: Target, recipe: Recipe = RECIPE) -> Training:
    return Training(finetune.start(target), *cifar.train(raw=True), recipe)


@pytest.mark.parametrize("learn_step", [True, False], ids=["lsq", "fixed"])
def test_resumed_run_has_the_same_bits_as_an_uninterrupted_one(tmp_path, learn_step: bool) -> None:
    target = Target("tiny", learn_step=learn_step)
    whole = training(target)
    fit(whole, checkpoint=tmp_path / "whole.ckpt", log=tmp_path / "whole.log")
    first = training(target)
    first.run_epoch()
    first.save(tmp_path / "a.ckpt")
    second = training(target)
    second.resume(tmp_path / "a.ckpt")
    fit(second, checkpoint=tmp_path / "a.ckpt", log=tmp_path / "a.log")
    for (name, a), (_, b) in zip(whole.model.state_dict().items(), second.model.state_dict().items(), strict=True):
        assert torch.equal(a, b), name


def test_float_control_sees_the_same_images_in_the_same_order(monkeypatch) -> None:
    seen: list[torch.Tensor] = []
    normalise = cifar.normalise
    monkeypatch.setattr(cifar, "normalise", lambda images: (seen.append(images), normalise(images))[1])
    for floating in (False, True):
        run = training(Target("tiny", floating=floating))
        run.run_epoch()
    training_batches = [images for images in seen if len(images) == RECIPE.batch_size]
    for control, quantized in zip(training_batches[:3], training_batches[3:], strict=True):
        assert torch.equal(control, quantized)


def test_float_control_quantizes_nothing() -> None:
    model = finetune.finish(finetune.start(Target("resnet20", floating=True)))
    expected = zoo.load("resnet20")(X)
    torch.testing.assert_close(model(X), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "options",
    [{"weight_bits": 2, "ends_bits": 8}, {"activation_bits": 5, "learn_step": False}, {"floating": True}],
)
def test_trained_network_comes_back_from_its_file(tmp_path, options: dict) -> None:
    target = Target("tiny", **options)
    run = training(target)
    run.run_epoch()
    assert_comes_back(finetune.finish(run.model), target, tmp_path)


@pytest.mark.parametrize("network", ["resnet20", "mobilenet"])
def test_shipped_network_comes_back_from_its_file(tmp_path, network: str) -> None:
    target = Target(network, learn_step=False)
    assert_comes_back(finetune.finish(finetune.start(target)), target, tmp_path)


def assert_comes_back(model: nn.Module, target: Target, folder: Path) -> None:
    again = finetuned.load(finetuned.save(model, target, folder))
    with torch.no_grad():
        torch.testing.assert_close(again(X), model(X), rtol=1e-5, atol=1e-5)
    if isinstance(model, QuantizedModel):
        assert again.qparams_table().equals(model.qparams_table())
        assert again.nbytes() == model.nbytes()
        for name, (scale, zero_point, low, high) in model.weight_qparams.items():
            assert torch.equal(again.weight_qparams[name].scale, scale)
            assert torch.equal(again.weight_qparams[name].zero_point, zero_point)
            assert again.weight_qparams[name][2:] == (low, high)
            layers = (network.graph_module.get_submodule(name) for network in (model, again))
            assert all(torch.equal(a, b) for a, b in zip(*(layer.parameters() for layer in layers), strict=True))
        for name, quantizer in model.activation_quantizers().items():
            assert again.activation_quantizers()[name].qparams == quantizer.qparams


def test_weights_are_stored_as_codes(tmp_path) -> None:
    target = Target("tiny", 3, 4)
    path = finetuned.save(finetune.finish(finetune.start(target)), target, tmp_path)
    _, tensors = finetuned._read(path)
    assert tensors["3.weight"].dtype == torch.int8
    assert tensors["3.weight"].abs().max() == 3


def test_command_writes_three_files_and_resumes(tmp_path) -> None:
    arguments = ["finetune", "tiny", "--subset", "--epochs", "1", "--batch-size", "10", "--out", str(tmp_path)]
    first = CliRunner().invoke(main, arguments)
    assert first.exit_code == 0, first.output
    assert {p.name for p in tmp_path.iterdir()} == {f"tiny_w4a4.{end}" for end in ("ckpt", "log", "safetensors")}
    assert "top-1 on the shipped test images" in first.output
    again = CliRunner().invoke(main, arguments)
    assert "Resuming after epoch 1 of 1." in again.output
    epoch, result = (json.loads(line) for line in (tmp_path / "tiny_w4a4.log").read_text().splitlines())
    assert (epoch["epoch"], result["n"], result["images"]) == (1, 20, 30)
    assert 0 <= result["correct"] <= 20


def test_diverging_learning_rate_is_one_sentence(tmp_path) -> None:
    arguments = ["finetune", "tiny", "--subset", "--batch-size", "10", "--lr", "1e20", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "the training has diverged, start anew with a learning rate below 1e+20." in result.output
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vgg"], "There is no network called 'vgg': expected one of resnet20"),
        (["resnet20", "--weight-bits", "1"], "1 is not in the range 2<=x<=8"),
        (["resnet20", "--lr", "0"], "0.0 is not in the range x>0"),
        (["resnet20", "--subset", "--batch-size", "99"], "30 images do not fill one batch of 99"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["finetune", *arguments, "--out", str(tmp_path)])
    assert result.exit_code != 0
    assert message in result.output


def test_other_options_do_not_resume(tmp_path) -> None:
    arguments = ["finetune", "tiny", "--subset", "--epochs", "1", "--batch-size", "10", "--out", str(tmp_path)]
    training(Target("tiny")).save(tmp_path / "tiny_w4a4.ckpt")
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "repeat the same options, or start anew with --fresh" in result.output


def test_log_is_cut_back_to_the_checkpoint(tmp_path) -> None:
    log = tmp_path / "a.log"
    run = training(Target("tiny", floating=True))
    run.run_epoch()
    log.write_text('{"epoch": 1}\n{"epoch": 2, "loss": "logged, but not saved"}\n')
    fit(run, checkpoint=tmp_path / "a.ckpt", log=log)
    assert [json.loads(line).get("loss") is not None for line in log.read_text().splitlines()] == [False, True]
    assert "not saved" not in log.read_text()


@pytest.mark.parametrize("content", [None, "other"])
def test_wrong_file_is_one_sentence(tmp_path, content: str | None) -> None:
    path: Path = tmp_path / "a.safetensors"
    if content is None:
        with pytest.raises(FileNotFoundError, match="make it with 'zeropoint finetune'"):
            finetuned.load(path)
        return
    zoo.save(nn.Linear(2, 2), tmp_path, "a")
    with pytest.raises(ValueError, match="holds no fine-tuned network"):
        finetuned.load(path)


@pytest.mark.parametrize("network", ["resnet20", "mobilenet"])
def test_first_and_last_layer_are_those_of_the_network(network: str) -> None:
    layers = [n for n, m in finetune.start(Target(network, floating=True)).named_modules() if hasattr(m, "weight")]
    assert finetuned.ENDS[network] == (layers[0], layers[-1])
