import math

import pytest
import torch

from training.config import LossConfig
from training.errors import ConfigError
from training.losses import balanced_weights, finding_loss, grade_loss, loss_names, mask_loss

# Two pixels with p = 0.8 (true) and p = 0.4 (false), a third that does not count.
P = torch.tensor([0.8, 0.4, 0.999])
LOGITS = torch.log(P / (1 - P)).reshape(1, 1, 1, 3)
TARGETS = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 1, 1, 3)
VALID = torch.tensor([1.0, 1.0, 0.0]).reshape(1, 1, 1, 3)

BCE = -(math.log(0.8) + math.log(0.6)) / 2
DICE = 1 - (2 * 0.8 + 1) / (1.2 + 1 + 1)
JACCARD = 1 - (0.8 + 1) / (1.2 + 1 - 0.8 + 1)
FOCAL = -(0.25 * 0.2**2 * math.log(0.8) + 0.75 * 0.4**2 * math.log(0.6)) / 2


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LossConfig(name="bce"), BCE),
        (LossConfig(name="dice"), DICE),
        (LossConfig(name="jaccard"), JACCARD),
        (LossConfig(name="focal"), FOCAL),
        (LossConfig(name="focal", focal_scale=10.0), 10 * FOCAL),
        (LossConfig(name="focal", focal_gamma=0.0, focal_alpha=0.5), BCE / 2),
        (LossConfig(name="bce-dice"), BCE + DICE),
        (LossConfig(name="combined", terms=("dice", "jaccard", "focal")), (DICE + JACCARD + FOCAL) / 3),
        (LossConfig(name="dice", smooth=0.0), 1 - 1.6 / 2.2),
    ],
)
def test_by_hand(config, expected):
    assert mask_loss(config)(LOGITS, TARGETS, VALID).item() == pytest.approx(expected, rel=1e-5)


def test_what_is_not_valid_has_no_gradient():
    for name in loss_names():
        logits = LOGITS.clone().requires_grad_()
        mask_loss(LossConfig(name=name))(logits, TARGETS, VALID).backward()
        assert logits.grad[0, 0, 0, 2] == 0 and logits.grad[0, 0, 0, 0] != 0, name


def test_unreviewed_class_takes_no_part():
    logits, targets = LOGITS.repeat(2, 2, 1, 1), TARGETS.repeat(2, 2, 1, 1)
    valid = VALID.repeat(2, 2, 1, 1)
    valid[0, 1] = 0
    logits = logits.clone()
    logits[0, 1] = 50.0
    loss = mask_loss(LossConfig(name="bce"))(logits, targets, valid)
    assert loss.item() == pytest.approx(BCE, rel=1e-5)
    assert mask_loss(LossConfig(name="dice"))(logits, targets, torch.zeros_like(valid)).item() == 0


def logit(p):
    return torch.log(torch.tensor(p) / (1 - torch.tensor(p))).reshape(2, 1, 1, 2)


def test_overlap_losses_pool_the_batch():
    """Two images of two pixels: p 0.8 (true) and 0.4, then 0.2 and 0.1 without any truth."""
    targets = torch.tensor([1.0, 0.0, 0.0, 0.0]).reshape(2, 1, 1, 2)
    logits, valid = logit([0.8, 0.4, 0.2, 0.1]), torch.ones(2, 1, 1, 2)

    def found(name, images=None):
        return mask_loss(LossConfig(name=name))(logits, targets, valid, images).item()

    assert found("dice") == pytest.approx(1 - (1.6 + 1) / (1.5 + 1 + 1), rel=1e-5)
    assert found("jaccard") == pytest.approx(1 - (0.8 + 1) / (1.5 + 1 - 0.8 + 1), rel=1e-5)
    weights = torch.tensor([1.0, 2.0])
    assert found("dice", weights) == pytest.approx(1 - (1.6 + 1) / (1.2 + 2 * 0.3 + 1 + 1), rel=1e-5)
    assert found("dice", torch.tensor([1.0, 0.0])) == pytest.approx(DICE, rel=1e-5)


@pytest.mark.parametrize("name", ["dice", "jaccard"])
def test_a_class_that_the_batch_lacks_is_left_to_the_other_terms(name):
    logits = logit([0.8, 0.4, 0.2, 0.1]).requires_grad_()
    empty, valid = torch.zeros(2, 1, 1, 2), torch.ones(2, 1, 1, 2)
    loss = mask_loss(LossConfig(name=name))(logits, empty, valid)
    loss.backward()
    assert loss.item() == 0.0 and not logits.grad.any()


def test_images_without_a_lesion_do_not_drive_it_to_nothing():
    """A constant that fits what is seen (p = the share of true pixels) must not be pulled far below it: image
    by image, the seven images without a lesion of the eight would do so."""
    targets = torch.zeros(8, 1, 16, 16)
    targets[0, 0, :8, :8] = 1
    bias = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.Adam([bias], lr=0.1)
    loss = mask_loss(LossConfig(name="bce-dice"))
    for _ in range(400):
        optimizer.zero_grad()
        loss(bias.expand(8, 1, 16, 16), targets, torch.ones_like(targets)).backward()
        optimizer.step()
    assert torch.sigmoid(bias).item() > 64 / (8 * 256)


def test_class_and_image_weights():
    logits = torch.cat([LOGITS, -LOGITS], 1).repeat(2, 1, 1, 1)
    targets, valid = TARGETS.repeat(2, 2, 1, 1), VALID.repeat(2, 2, 1, 1)
    other = -(math.log(0.2) + math.log(0.4)) / 2
    weighted = mask_loss(LossConfig(name="bce", class_weights={"b": 3.0}), ("a", "b"))
    assert weighted(logits, targets, valid).item() == pytest.approx((BCE + 3 * other) / 4, rel=1e-5)
    logits[1] = LOGITS
    plain = mask_loss(LossConfig(name="bce"), ("a", "b"))
    images = torch.tensor([0.0, 2.0])
    assert plain(logits, targets, valid, images).item() == pytest.approx(BCE, rel=1e-5)
    with pytest.raises(ConfigError, match='"c"'):
        mask_loss(LossConfig(class_weights={"c": 1.0}), ("a", "b"))


@pytest.mark.parametrize("name", loss_names())
def test_extreme_logits_stay_finite_with_their_gradients(name):
    for value in (1e4, -1e4, 0.0):
        for target in (0.0, 1.0):
            logits = torch.full((1, 1, 2, 2), value, requires_grad=True)
            loss = mask_loss(LossConfig(name=name, smooth=0.0))(
                logits, torch.full((1, 1, 2, 2), target), torch.ones(1, 1, 2, 2)
            )
            loss.backward()
            assert math.isfinite(loss.item()) and bool(torch.isfinite(logits.grad).all())


@pytest.mark.parametrize("name", loss_names())
def test_gradients_are_those_of_the_function(name):
    torch.manual_seed(0)
    logits = torch.randn(2, 2, 2, 2, dtype=torch.float32, requires_grad=True)
    targets = (torch.rand(2, 2, 2, 2) > 0.5).float()
    valid = (torch.rand(2, 2, 2, 2) > 0.3).float()
    loss = mask_loss(LossConfig(name=name))
    loss(logits, targets, valid).backward()
    with torch.no_grad():
        for index in ((0, 0, 0, 0), (1, 1, 1, 0), (0, 1, 1, 1)):
            step = torch.zeros_like(logits)
            step[index] = 1e-2
            slope = (loss(logits + step, targets, valid) - loss(logits - step, targets, valid)) / 2e-2
            assert logits.grad[index].item() == pytest.approx(slope.item(), abs=2e-4)


def test_grade_loss():
    logits = torch.log(torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4]]))
    targets = torch.tensor([0, 1, -1])
    assert grade_loss(logits, targets).item() == pytest.approx(-(math.log(0.7) + math.log(0.6)) / 2, rel=1e-5)
    weighted = -(math.log(0.7) + 3 * math.log(0.6)) / 4
    assert grade_loss(logits, targets, torch.tensor([1.0, 3.0, 1.0])).item() == pytest.approx(
        weighted, rel=1e-5
    )
    assert grade_loss(logits, torch.tensor([-1, -1, -1])).item() == 0.0


def test_finding_loss():
    logits = torch.log(torch.tensor([[4.0, 0.25, 9.0]]))
    loss = finding_loss(logits, torch.tensor([[1.0, 0.0, -1.0]]))
    assert loss.item() == pytest.approx(-math.log(0.8), rel=1e-5)


def test_balanced_weights():
    assert balanced_weights({0: 6, 1: 2}, 3).tolist() == pytest.approx([8 / 12, 2.0, 1.0])
